"""What was asked of a connection and is not answered yet."""

from __future__ import annotations

from itertools import count

import msgspec

from ticker.client.wanted import ALL
from ticker.messages import Subscribe, Unsubscribe

Asking = Subscribe | Unsubscribe


class Questions:
    """The open questions, by the id that their answers will name. Ids are never used twice."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._open: dict[int | str, Asking] = {}
        self._first: set[int | str] = set()

    @property
    def beginning(self) -> bool:
        """Whether something that was asked at the connection's beginning is not answered yet."""
        return bool(self._first)

    def ask(self, message: Asking, *, first: bool = False) -> Asking:
        """The message with an id. ``first``: it belongs to the connection's beginning."""
        id_ = next(self._ids)
        asked = self._open[id_] = msgspec.structs.replace(message, id=id_)
        if first:
            self._first.add(id_)
        return asked

    def answered(self, id_: int | str | None) -> tuple[Asking | None, bool]:
        """The question that an answer is to (None if there is none), and whether it was one of the first."""
        if id_ is None:
            return None, False
        first = id_ in self._first
        self._first.discard(id_)
        return self._open.pop(id_, None), first

    def awaits_everything(self, channel: str) -> bool:
        """Whether a subscribe to everything is under way."""
        return any(ALL in asked.symbols for asked in self._open.values() if asked.channel == channel)

    def forget(self) -> None:
        """The connection is gone; none will be answered."""
        self._open.clear()
        self._first.clear()

"""What was asked of a connection and is not answered yet."""

from __future__ import annotations

from itertools import count
from typing import TypeVar

import msgspec

from ticker.client.protocol.watchlist import ALL
from ticker.wire.messages import Alert, ClientMessage, Id, Subscribe, Unalert, Unsubscribe

#: What the ids that are given here begin with, so that no alert's id is taken for one.
OWN = "#"

Q = TypeVar("Q", bound=ClientMessage)


class PendingRequests:
    """The open questions, by the id that their answers will name. Ids that are given here are never used twice.

    A message about one alert has the alert's id; only one of those may be open at a time.
    """

    def __init__(self) -> None:
        self._ids = count(1)
        self._open: dict[Id, ClientMessage] = {}
        self._first: set[Id] = set()

    @property
    def beginning(self) -> bool:
        """Whether something that was asked at the connection's beginning is not answered yet."""
        return bool(self._first)

    def ask(self, message: Q, *, first: bool = False) -> Q:
        """The message with an id. ``first``: it belongs to the connection's beginning."""
        id_ = message.id if isinstance(message, Alert | Unalert) else f"{OWN}{next(self._ids)}"
        assert id_ is not None
        asked = msgspec.structs.replace(message, id=id_)
        self._open[id_] = asked
        if first:
            self._first.add(id_)
        return asked

    def answered(self, id_: Id | None) -> tuple[ClientMessage | None, bool]:
        """The question that an answer is to (None if there is none), and whether it was one of the first."""
        if id_ is None:
            return None, False
        first = id_ in self._first
        self._first.discard(id_)
        return self._open.pop(id_, None), first

    def awaits_everything(self, channel: str) -> bool:
        """Whether a subscribe to everything is under way."""
        about = [asked for asked in self._open.values() if isinstance(asked, Subscribe | Unsubscribe)]
        return any(ALL in asked.symbols for asked in about if asked.channel == channel)

    def forget(self) -> None:
        """The connection is gone; none will be answered."""
        self._open.clear()
        self._first.clear()

"""The requests on a connection that are not answered yet."""

from __future__ import annotations

from itertools import count
from typing import TypeVar

import msgspec

from ticker.client.protocol.watchlist import ALL
from ticker.wire.messages import Alert, ClientMessage, Id, Subscribe, Unalert, Unsubscribe

#: Prefix of the ids that are assigned here, so that they differ from alerts' ids.
OWN = "#"

Q = TypeVar("Q", bound=ClientMessage)


class PendingRequests:
    """Requests by the id that their answers repeat. Assigned ids are never reused.

    A request about an alert has the alert's id, so only one per alert may be pending.
    """

    def __init__(self) -> None:
        self._ids = count(1)
        self._open: dict[Id, ClientMessage] = {}
        self._first: set[Id] = set()

    @property
    def beginning(self) -> bool:
        """Whether a first request of the connection is not answered yet."""
        return bool(self._first)

    def ask(self, message: Q, *, first: bool = False) -> Q:
        """The message with an id. ``first``: it is one of those that the connection began with."""
        id_ = message.id if isinstance(message, Alert | Unalert) else f"{OWN}{next(self._ids)}"
        assert id_ is not None
        request = msgspec.structs.replace(message, id=id_)
        self._open[id_] = request
        if first:
            self._first.add(id_)
        return request

    def answered(self, id_: Id | None) -> tuple[ClientMessage | None, bool]:
        """The request that an answer belongs to (or None), and whether it was one of the first."""
        if id_ is None:
            return None, False
        first = id_ in self._first
        self._first.discard(id_)
        return self._open.pop(id_, None), first

    def awaits_everything(self, channel: str, interval: str | None = None) -> bool:
        """Whether a subscribe to ``*`` is pending. ``interval`` is that of bars."""
        about = [request for request in self._open.values() if isinstance(request, Subscribe | Unsubscribe)]
        return any(
            ALL in request.symbols for request in about if (request.channel, request.interval) == (channel, interval)
        )

    def forget(self) -> None:
        """The connection is gone: drop all."""
        self._open.clear()
        self._first.clear()

"""Notices: texts of the operator to all connected clients.

Clients that connect later don't get a notice. A client that is not ready gets it as soon as it is, at most the newest
``MAX_OWED`` of those it has not got.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from ticker.hub.message_log import Entry
from ticker.hub.session import Session
from ticker.wire.messages import DeskMessage, Notice

#: Each notice exists once, for any number of clients that wait for it.
MAX_OWED: Final = 20


class Notices:
    """An ``OpHandler`` without messages of its own."""

    answers: tuple[type[DeskMessage], ...] = ()

    def __init__(self) -> None:
        self._owed: dict[Session, deque[Entry[Notice]]] = {}
        #: Notices sent so far.
        self.count = 0

    def tell(self, notice: Notice, sessions: Iterable[Session]) -> int:
        """Send a notice. Returns the number of ``sessions``."""
        entry, told = Entry(notice), 0
        self.count += 1
        for session in sessions:
            told += 1
            if session in self._owed or not session.outlet.ready():
                self._owed.setdefault(session, deque(maxlen=MAX_OWED)).append(entry)
            else:
                session.outlet.send(entry.payload(session.codec))
        return told

    def enter(self, session: Session) -> None: ...

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:
        raise NotImplementedError

    def leave(self, session: Session) -> None:
        self._owed.pop(session, None)

    @property
    def waiting(self) -> bool:
        return bool(self._owed)

    def poll(self, ts: int) -> None:  # noqa: ARG002 - the signature of OpHandler; a notice has its own time
        for session, entries in list(self._owed.items()):
            while entries and session.outlet.ready():
                session.outlet.send(entries.popleft().payload(session.codec))
            if not entries:
                del self._owed[session]

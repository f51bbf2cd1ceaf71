"""Notices: words of the operator's, to all who are connected. Knows whom it still owes one, and nothing else.

A notice is no message that is asked for: whoever comes later doesn't get it. Whoever isn't ready gets it as soon as it
is; of more than ``OWED`` that it hasn't got, it gets the newest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from ticker.hub.message_log import Entry
from ticker.hub.session import Session
from ticker.wire.messages import DeskMessage, Notice

#: Each is there once, however many wait for it.
OWED: Final = 20


class Notices:
    """A desk that nobody asks anything."""

    def __init__(self) -> None:
        self.answers: tuple[type[DeskMessage], ...] = ()
        self._owed: dict[Session, deque[Entry[Notice]]] = {}
        #: How many there were.
        self.count = 0

    def tell(self, notice: Notice, sessions: Iterable[Session]) -> int:
        """Tell these, and say how many they are."""
        entry, told = Entry(notice), 0
        self.count += 1
        for session in sessions:
            told += 1
            if session in self._owed or not session.outlet.ready():
                self._owed.setdefault(session, deque(maxlen=OWED)).append(entry)
            else:
                session.outlet.send(entry.payload(session.codec))
        return told

    def enter(self, session: Session) -> None:
        """Whoever comes later gets none."""

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:
        raise NotImplementedError

    def leave(self, session: Session) -> None:
        self._owed.pop(session, None)

    @property
    def waiting(self) -> bool:
        return bool(self._owed)

    def poll(self, ts: int) -> None:  # noqa: ARG002 - a desk's signature; a notice has its own stamp
        for session, entries in list(self._owed.items()):
            while entries and session.outlet.ready():
                session.outlet.send(entries.popleft().payload(session.codec))
            if not entries:
                del self._owed[session]

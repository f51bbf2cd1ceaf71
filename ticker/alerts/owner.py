"""One owner: its alerts, the alerts that fired, and its connections.

A fired alert is numbered at once, and delivered after it has been stored.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from ticker.alerts.alert import Alert
from ticker.alerts.book import Firing
from ticker.alerts.condition import parse
from ticker.alerts.store import KEPT, SavedAlert, SavedOwner
from ticker.hub.message_log import LogReader, MessageLog
from ticker.hub.session import Session
from ticker.wire.messages import Fired, Id

#: Fields that an alert and a stored alert share.
_SAVED: Final = ("owner", "id", "symbol", "once", "hysteresis", "state", "count", "side", "source")


class Owner:
    """``live`` is the number of alerts that may still fire; ``delivered`` the highest number sent to any connection.

    ``source`` is what the owner counts towards without authentication, ``seen_ns`` when it was last connected, on the
    clock of ``AlertStore.ran_ns``; ``stored_ns`` is the stored value of that, -1 if there is none.
    """

    # fmt: off
    __slots__ = (
        "_head", "alerts", "delivered", "live", "log", "name", "readers", "seen_ns", "source", "stored_ns", "unstored",
    )
    # fmt: on

    def __init__(self, name: str, source: str = "", seen_ns: int = 0) -> None:
        self.name = name
        self.source = source
        self.seen_ns = seen_ns
        self.stored_ns = -1
        self.alerts: dict[Id, Alert] = {}
        self.live = 0
        self.delivered = 0
        self.log: MessageLog[Fired] = MessageLog(KEPT)
        self.readers: dict[Session, LogReader] = {}
        #: Fired, and not passed to the store yet. As short as the log: what is dropped here would not be stored.
        self.unstored: deque[Fired] = deque(maxlen=KEPT)
        self._head = 0

    @property
    def idle(self) -> bool:
        """Whether it has no alerts, no connection, and nothing to deliver."""
        return not (self.alerts or self.readers) and self.delivered == self._head

    @property
    def blank(self) -> bool:
        """Whether none of its alerts has ever fired."""
        return not self._head

    @property
    def kept(self) -> int:
        """The number of fired alerts that are kept."""
        return self.log.head - self.log.tail

    def forget_half(self) -> None:
        """Delete the older half of the fired alerts. Connections that lack them are told how many they lost."""
        for _ in range((self.kept + 1) // 2):
            self.log.drop()

    def forget_all(self) -> None:
        while self.kept:
            self.log.drop()

    def put(self, alert: Alert) -> Alert | None:
        """Add an alert. Returns the alert that it replaces."""
        old = self.alerts.get(alert.id)
        self.alerts[alert.id] = alert
        self._count((not alert.done) - (old is not None and not old.done))
        return old

    def drop(self, id: Id) -> Alert:  # noqa: A002 - the wire's name
        alert = self.alerts.pop(id)
        if not alert.done:
            self._count(-1)
        return alert

    def finish(self) -> None:
        """Count an alert that is done."""
        self._count(-1)

    def _count(self, more: int) -> None:
        """Connections of an owner with live alerts count as engaged: they are not idle."""
        before, self.live = self.live, self.live + more
        engaged = bool(self.live) - bool(before)
        for session in self.readers:
            session.engaged += engaged

    def fire(self, firing: Firing) -> None:
        """Number a fired alert."""
        self._head += 1
        alert = firing.alert
        when = str(alert.condition)
        self.unstored.append(
            Fired(id=alert.id, symbol=alert.symbol, when=when, value=firing.value, ts=firing.ts, seq=self._head)
        )

    def keep(self, fired: Fired) -> None:
        """Make a stored firing deliverable. Called in the order of the numbers."""
        # After a missing number KEPT newer ones follow, which replace everything in the log.
        self.log.head = fired.seq - 1
        self.log.add(fired)

    def enter(self, session: Session) -> LogReader:
        """Add a connection. It continues after the highest number sent to any connection."""
        reader = self.readers.get(session)
        if reader is None:
            reader = self.readers[session] = LogReader(session.outlet, session.codec, self.delivered)
            self.log.readers[reader] = None
            session.engaged += bool(self.live)
        return reader

    def leave(self, session: Session) -> None:
        del self.log.readers[self.readers.pop(session)]
        session.engaged -= bool(self.live)

    def deliver(self) -> bool:
        """Send what is due to connections that are ready. True if ``delivered`` has grown."""
        self.log.deliver()
        before = self.delivered
        self.delivered = max(before, *(reader.seq for reader in self.readers.values())) if self.readers else before
        return self.delivered > before

    def saved(self, id: Id) -> SavedAlert:  # noqa: A002 - the wire's name
        alert = self.alerts[id]
        return SavedAlert(when=str(alert.condition), **{name: getattr(alert, name) for name in _SAVED})

    @classmethod
    def restored(cls, saved: SavedOwner) -> Owner:
        """An owner as it was stored."""
        owner = cls(saved.owner, saved.source, saved.seen_ns)
        owner.stored_ns = saved.seen_ns
        for each in saved.alerts:
            fields = msgspec.structs.asdict(each)
            owner.put(Alert(condition=parse(fields.pop("when")), **fields))
        for fired in saved.fired:
            owner.keep(fired)
        owner._head = owner.log.head
        owner.delivered = min(saved.delivered, owner._head)
        return owner

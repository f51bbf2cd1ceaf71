"""Whoever alerts belong to: their alerts, what fired of them, and who is there to be told.

An owner knows no book and no store. What fires has a number at once, and is told once it is kept.
"""

from __future__ import annotations

from collections import deque

from ticker.alerts.alert import Alert
from ticker.alerts.book import Firing
from ticker.alerts.condition import parse
from ticker.alerts.store import KEPT, SavedAlert, SavedOwner
from ticker.hub.message_log import MessageLog, Reader
from ticker.hub.session import Session
from ticker.wire.messages import Fired, Id


class Owner:
    """``live``: how many of its alerts may still fire; ``delivered``: the number of the last that somebody was sent."""

    __slots__ = ("_head", "alerts", "delivered", "live", "name", "readers", "topic", "unkept")

    def __init__(self, name: str) -> None:
        self.name = name
        self.alerts: dict[Id, Alert] = {}
        self.live = 0
        self.delivered = 0
        self.topic: MessageLog[Fired] = MessageLog(KEPT)
        self.readers: dict[Session, Reader] = {}
        #: Fired, and not handed to the store yet. It is as short as the topic: what falls out would not be kept.
        self.unkept: deque[Fired] = deque(maxlen=KEPT)
        self._head = 0

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do for it: it has no alerts, and nobody is there, or to be told later."""
        return not (self.alerts or self.readers) and self.delivered == self._head

    @property
    def blank(self) -> bool:
        """Whether nothing has ever fired for it."""
        return not self._head

    def put(self, alert: Alert) -> Alert | None:
        """Add an alert; returns the one whose place it takes."""
        old = self.alerts.get(alert.id)
        self.alerts[alert.id] = alert
        self._count((not alert.done) - (old is not None and not old.done))
        return old

    def drop(self, id: Id) -> Alert:  # noqa: A002 - the wire's name
        alert = self.alerts.pop(id)
        if not alert.done:
            self._count(-1)
        return alert

    def lose(self) -> None:
        """One of its alerts is done."""
        self._count(-1)

    def _count(self, more: int) -> None:
        """Whoever waits for an alert is here for something."""
        before, self.live = self.live, self.live + more
        engaged = bool(self.live) - bool(before)
        for session in self.readers:
            session.engaged += engaged

    def fire(self, firing: Firing) -> None:
        """Number what an alert of its does."""
        self._head += 1
        alert = firing.alert
        when = str(alert.condition)
        self.unkept.append(
            Fired(id=alert.id, symbol=alert.symbol, when=when, value=firing.value, ts=firing.ts, seq=self._head)
        )

    def keep(self, fired: Fired) -> None:
        """It is safe: whoever is there may be told. In the order of the numbers."""
        # A number that is left out has KEPT newer ones behind it: all that are here now will make room for them.
        self.topic.head = fired.seq - 1
        self.topic.add(lambda _: fired)

    def enter(self, session: Session) -> Reader:
        """Somebody is there, and has what anybody has had of it."""
        reader = self.readers.get(session)
        if reader is None:
            reader = self.readers[session] = Reader(session.outlet, session.codec, self.delivered)
            self.topic.readers[reader] = None
            session.engaged += bool(self.live)
        return reader

    def leave(self, session: Session) -> None:
        del self.topic.readers[self.readers.pop(session)]
        session.engaged -= bool(self.live)

    def deliver(self) -> bool:
        """Tell whoever is ready; true if ``delivered`` grows by it."""
        self.topic.deliver()
        before = self.delivered
        self.delivered = max(before, *(reader.seq for reader in self.readers.values())) if self.readers else before
        return self.delivered > before

    def saved(self, id: Id) -> SavedAlert:  # noqa: A002 - the wire's name
        alert = self.alerts[id]
        return SavedAlert(
            owner=self.name,
            id=id,
            symbol=alert.symbol,
            when=str(alert.condition),
            once=alert.once,
            hysteresis=alert.hysteresis,
            state=alert.state,
            count=alert.count,
            side=alert.side,
        )

    @classmethod
    def restored(cls, saved: SavedOwner) -> Owner:
        """As the store has it."""
        owner = cls(saved.owner)
        for each in saved.alerts:
            owner.put(
                Alert(
                    each.owner,
                    each.id,
                    each.symbol,
                    parse(each.when),
                    once=each.once,
                    hysteresis=each.hysteresis,
                    state=each.state,
                    count=each.count,
                    side=each.side,
                )
            )
        for fired in saved.fired:
            owner.keep(fired)
        owner._head = owner.topic.head
        owner.delivered = min(saved.delivered, owner._head)
        return owner

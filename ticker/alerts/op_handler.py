"""Answers the ops ``alert``, ``alerts`` and ``unalert``, has the book check every tick, and delivers fired alerts.

With authentication an alert belongs to the session's owner, otherwise to the ``owner`` in the message. A fired alert
goes to the store first, and then to the owner's connections, or waits for one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from ticker.alerts.alert import Alert
from ticker.alerts.arguments import alert_id, owner_name, source_of
from ticker.alerts.book import Book, Firing
from ticker.alerts.condition import parse
from ticker.alerts.histories import Histories
from ticker.alerts.market import AlertMarket
from ticker.alerts.owner import Owner
from ticker.alerts.store import AlertChanges, AlertStore, NoStore
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.hub.eviction_order import EvictionOrder
from ticker.hub.session import Session, rejection
from ticker.market.board import Board
from ticker.model import BoardEvent
from ticker.wire import messages as wire
from ticker.wire.messages import AlertList, DeskMessage, Fired, Id

#: Maximum owners per connection.
MAX_NAMED: Final = 8
#: Instead of an id: all alerts.
ALL: Final = "*"
DAY_NS: Final = 86_400 * 10**9
#: How often it is stored when owners were connected.
SEEN_NS: Final = DAY_NS // 24
#: Alerts that one call of ``advance`` removes at most, a few milliseconds.
EXPIRE_STEPS: Final = 500


class AlertHandler:
    """Op handler and tick observer: ``Hub(…, op_handlers=[alerts], observer=alerts)``, then ``alerts.watch(hub)``.

    ``alerts``, ``owners`` and ``history`` (fired alerts that are kept) are server-wide limits. An owner takes about
    2 KiB, an alert 1 KiB, and each of at most ``KEPT`` fired alerts somewhat less. An owner without alerts and history
    is deleted when its last connection closes; one with history only, when the limit is reached. Without authentication
    an address has a share of alerts and owners.

    Owners that were not connected for ``days`` of the running server are deleted with their alerts, unless ``keeps``
    says that they are known otherwise: they have a valid key.

    ``fired`` is called for each fired alert after it has been stored, and must not raise; webhooks use it. ``may``
    returns an owner's current entitlements, or None if its key is no longer valid. Alerts outside the entitlements do
    not fire. ``may`` is called for every firing and must be fast.
    """

    def __init__(
        self,
        store: AlertStore | None = None,
        *,
        fired: Callable[[str, Fired], None] | None = None,
        may: Callable[[str], Entitlements | None] = lambda _: EVERYTHING,
        alerts: int = 50_000,
        owners: int = 10_000,
        history: int = 100_000,
        days: int = 30,
        keeps: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.answers: tuple[type[DeskMessage], ...] = (wire.Alert, wire.Alerts, wire.Unalert)
        self._store = NoStore() if store is None else store
        self._fired = fired
        self._may = may
        self._max_alerts = alerts
        self._max_owners = owners
        self._market: AlertMarket
        self._book = Book(self._changed, self._allowed)
        #: All owners by name.
        self.owners: dict[str, Owner] = {}
        self._expire_ns = days * DAY_NS
        self._keeps = keeps
        #: How long the server has run: see ``AlertStore.ran_ns``.
        self.ran_ns = 0
        #: Owners with history only.
        self._history_only: EvictionOrder[str] = EvictionOrder()
        #: Alerts and owners by source, without those that are exempt.
        self._alerts_of: Counter[str] = Counter()
        self._owners_of: Counter[str] = Counter()
        self._sessions: dict[Session, dict[str, Owner]] = {}
        self._behind: dict[Owner, None] = {}
        self._alerts = 0
        # Changes for the next write; only one write is in progress at a time.
        self._writing = False
        self._deleted_owners: dict[str, None] = {}
        self._changed_alerts: dict[tuple[str, Id], None] = {}
        self._unstored: dict[Owner, None] = {}
        self._changed_delivered: dict[Owner, None] = {}
        self._changed_seen: dict[Owner, None] = {}
        self._histories = Histories(history)
        #: Whether to write when owners were seen although nothing else has changed.
        self._seen_due = False

    def watch(self, market: AlertMarket) -> None:
        """Load the stored alerts. Called once, before any client connects."""
        self._market = market
        board = market.board
        for saved in self._store.load():
            owner = self.owners[saved.owner] = Owner.restored(saved)
            self._owners_of.update([owner.source] if owner.source else ())
            for alert in list(owner.alerts.values()):
                self._count(alert, 1)
                self._record(self._book.add(alert, board))
            self._histories.count(owner)
            self._retire(owner)
        self.ran_ns = self._store.ran_ns
        self._changed_delivered.update(dict.fromkeys(self._histories.trim()))
        self._write()

    @property
    def count(self) -> int:
        """The number of alerts, including those that have fired and were not removed."""
        return self._alerts

    # The market

    @property
    def active(self) -> bool:
        return len(self._book) > 0

    def observe(self, board: Board, event: BoardEvent) -> None:
        self._record(self._book.check(board, event))
        self._write()

    def _changed(self, alert: Alert) -> None:
        self._changed_alerts[alert.owner, alert.id] = None
        if alert.done:
            self.owners[alert.owner].finish()

    def _allowed(self, alert: Alert) -> bool:
        may = self._may(alert.owner)
        return may is not None and "ticker" in may.channels and may.symbol(alert.symbol)

    def _record(self, firings: list[Firing]) -> None:
        for firing in firings:
            owner = self.owners[firing.alert.owner]
            owner.fire(firing)
            self._unstored[owner] = None

    # Clients

    def enter(self, session: Session) -> None:
        if session.owner:
            self._deliver(self._claim(session, session.owner, None))
            self._write()

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:  # noqa: ARG002 - ticks have their own timestamps
        name = owner_name(session, message)
        if isinstance(message, wire.Alert):
            owner = self._put(session, name, message)
        elif isinstance(message, wire.Unalert):
            owner = self._remove(session, name, message)
        else:
            owner = self._claim(session, name, message.id)
        rows = [alert.row for alert in owner.alerts.values()]
        session.outlet.send(session.codec.encode(AlertList(id=message.id, alerts=rows, seq=owner.log.head)))
        if isinstance(message, wire.Alerts) and message.since is not None:
            # A number out of range is from before a restart without --state: deliver everything.
            owner.enter(session).seq = message.since if 0 <= message.since <= owner.log.head else 0
        self._deliver(owner)
        self._write()

    def leave(self, session: Session) -> None:
        for owner in self._sessions.pop(session, {}).values():
            owner.leave(session)
            self._see(owner)
            if not owner.log.behind:
                self._behind.pop(owner, None)
            self._retire(owner)

    @property
    def waiting(self) -> bool:
        return bool(self._behind)

    def poll(self, ts: int) -> None:  # noqa: ARG002 - nothing here depends on the clock
        for owner in list(self._behind):
            self._deliver(owner)
        self._write()

    def _put(self, session: Session, name: str, message: wire.Alert) -> Owner:
        id_ = alert_id(message)
        if id_ == ALL:
            raise ProtocolError("bad-argument", "id: '*' means all alerts and cannot be the id of one", id_)
        condition = parse(message.when, id_)
        hysteresis = condition.hysteresis if message.hysteresis is None else message.hysteresis
        if not 0 <= hysteresis < math.inf:
            raise ProtocolError("bad-argument", f"hysteresis: must be finite and at least 0, not {hysteresis:g}", id_)
        market, symbol = self._market, message.symbol
        reason = rejection(symbol, session.may, market) if "ticker" in session.may.channels else "not-entitled"
        if reason is not None:
            raise ProtocolError(reason, f"symbol {symbol!r:.80}: {reason}", id_)
        known = self.owners.get(name)
        there = {} if known is None else known.alerts
        if id_ not in there:
            most = session.limits.alerts
            if len(there) >= most:
                raise ProtocolError("too-many-alerts", f"an owner may have at most {most} alerts", id_)
            if self._alerts >= self._max_alerts:
                raise ProtocolError("too-many-alerts", "the server has reached its maximum number of alerts", id_)
        source, most = source_of(session), session.limits.alerts_per_address
        if source and self._alerts_of[source] >= most and (id_ not in there or there[id_].source != source):
            raise ProtocolError("too-many-alerts", f"your address has {most} alerts, the maximum", id_)
        owner = self._claim(session, name, id_)
        alert = Alert(name, id_, symbol, condition, once=message.once, hysteresis=hysteresis, source=source)
        old = owner.put(alert)
        if old is not None:
            self._book.remove(old, market.board)
            self._count(old, -1)
        self._count(alert, 1)
        self._see(owner)
        self._changed_alerts[name, id_] = None
        self._record(self._book.add(alert, market.board))
        return owner

    def _remove(self, session: Session, name: str, message: wire.Unalert) -> Owner:
        id_ = alert_id(message)
        known = self.owners.get(name)
        if id_ != ALL and (known is None or id_ not in known.alerts):
            raise ProtocolError("no-alert", f"no alert {id_!r:.80}", id_)
        owner = self._claim(session, name, id_)
        self._drop(owner, list(owner.alerts) if id_ == ALL else [id_])
        return owner

    def _drop(self, owner: Owner, ids: Iterable[Id]) -> None:
        for each in ids:
            alert = owner.drop(each)
            self._book.remove(alert, self._market.board)
            self._count(alert, -1)
            self._changed_alerts[owner.name, each] = None

    def _count(self, alert: Alert, more: int) -> None:
        self._alerts += more
        if alert.source:
            self._alerts_of[alert.source] += more
            if not self._alerts_of[alert.source]:
                del self._alerts_of[alert.source]

    # Operators

    def remove(self, name: str, ids: Iterable[Id]) -> int:
        """Remove these alerts of an owner, if it has them, and tell its connections. Returns how many there were."""
        owner = self.owners.get(name)
        found = [] if owner is None else [each for each in ids if each in owner.alerts]
        if owner is None or not found:
            return 0
        self._drop(owner, found)
        listed = AlertList(alerts=[alert.row for alert in owner.alerts.values()], seq=owner.log.head)
        for session in owner.readers:
            if session.outlet.ready():
                session.outlet.send(session.codec.encode(listed))
        self._retire(owner)
        self._write()
        return len(found)

    def advance(self, ns: int, *, store: bool = False) -> int:
        """The server has run for this long since the last call. Returns the number of alerts that expired.

        The time is stored every hour, or at once with ``store``.
        At most ``EXPIRE_STEPS`` alerts expire in one call. None do during a write, which may contain what they fired.
        """
        hour, self.ran_ns = self.ran_ns // SEEN_NS, self.ran_ns + ns
        if store or self.ran_ns // SEEN_NS > hour:
            self._seen_due = bool(self.owners)
            for claimed in self._sessions.values():
                for owner in claimed.values():
                    self._see(owner)
        before = self._alerts
        for owner in [] if self._writing else list(self.owners.values()):
            if owner.readers or self.ran_ns - owner.seen_ns < self._expire_ns or self._keeps(owner.name):
                continue
            left = EXPIRE_STEPS - (before - self._alerts)
            self._drop(owner, list(owner.alerts)[:left])
            if owner.alerts:
                break
            self._unstored.pop(owner, None)
            self._delete(owner)
        self._write()
        return before - self._alerts

    def _see(self, owner: Owner) -> None:
        """Note that an owner is connected, or was until now."""
        owner.seen_ns = self.ran_ns
        if (owner.alerts or not owner.blank) and (owner.stored_ns < 0 or owner.seen_ns - owner.stored_ns >= SEEN_NS):
            self._changed_seen[owner] = None

    # Owners

    def _claim(self, session: Session, name: str, id_: Id | None) -> Owner:
        """The owner of that name; the session becomes one of its connections. Raises ``ProtocolError`` at a limit."""
        claimed = self._sessions.get(session, {})
        if (owner := claimed.get(name)) is not None:
            return owner
        if len(claimed) >= MAX_NAMED:
            raise ProtocolError("no-owner", f"owner: a connection may use at most {MAX_NAMED} owners", id_)
        owner = self.owners.get(name)
        if owner is None:
            source, most = source_of(session), max(1, session.limits.alerts_per_address // 2)
            if source and self._owners_of[source] >= most:
                raise ProtocolError("too-many-alerts", f"your address has {most} owners of alerts, the maximum", id_)
            if len(self.owners) >= self._max_owners and not self._make_room() and not session.owner:
                raise ProtocolError("too-many-alerts", "the server has reached its maximum number of owners", id_)
            owner = self.owners[name] = Owner(name, source)
            self._owners_of.update([source] if source else ())
        self._history_only.discard(owner.source, name)
        self._sessions.setdefault(session, {})[name] = owner
        owner.enter(session)
        self._see(owner)
        return owner

    def _make_room(self) -> bool:
        """Delete an owner that has only history: of the source with most such owners the one offline for longest."""
        name = self._history_only.next()
        if name is not None:
            self._delete(self.owners[name])
        return name is not None

    def _delete(self, owner: Owner) -> None:
        """Delete an owner without alerts."""
        del self.owners[owner.name]
        self._owners_of -= Counter([owner.source] if owner.source else ())
        self._history_only.discard(owner.source, owner.name)
        owner.forget_all()
        self._histories.count(owner)
        self._changed_delivered.pop(owner, None)
        self._changed_seen.pop(owner, None)
        if owner.stored_ns >= 0 or not owner.blank:
            self._deleted_owners[owner.name] = None

    def _retire(self, owner: Owner) -> None:
        """Delete an owner without alerts and history; one with history may be deleted later."""
        if owner.idle:
            if owner.blank:
                self._delete(owner)
            else:
                self._history_only.add(owner.source, owner.name)

    def _deliver(self, owner: Owner) -> None:
        if owner.deliver():
            self._changed_delivered[owner] = None
        if owner.log.behind:
            self._behind[owner] = None
        else:
            self._behind.pop(owner, None)

    # The store

    def _write(self) -> None:
        """Start the next write, unless one is in progress."""
        if self._writing or not (
            self._changed_alerts or self._unstored or self._changed_delivered or self._deleted_owners or self._seen_due
        ):
            return
        moved = [(name, id_, self.owners.get(name)) for name, id_ in self._changed_alerts]
        fired = [(owner.name, each) for owner in self._unstored for each in owner.unstored]
        changes = AlertChanges(
            forgotten=list(self._deleted_owners),
            removed=[(name, id_) for name, id_, owner in moved if owner is None or id_ not in owner.alerts],
            alerts=[owner.saved(id_) for _, id_, owner in moved if owner is not None and id_ in owner.alerts],
            fired=fired,
            delivered={owner.name: owner.delivered for owner in self._changed_delivered},
            trimmed={owner.name: owner.log.tail for owner in self._changed_delivered},
            seen_ns={owner.name: owner.seen_ns for owner in self._changed_seen},
            sources={owner.name: owner.source for owner in self._changed_seen},
            ran_ns=self.ran_ns,
        )
        self._seen_due = False
        for owner in self._changed_seen:
            owner.stored_ns = owner.seen_ns
        for owner in self._unstored:
            owner.unstored.clear()
        changed = self._changed_alerts, self._unstored, self._changed_delivered, self._changed_seen
        for waiting in (self._deleted_owners, *changed):
            waiting.clear()
        self._writing = True
        self._store.write(changes, partial(self._written, fired))

    def _written(self, fired: list[tuple[str, Fired]]) -> None:
        self._writing = False
        told: dict[Owner, None] = {}
        for name, each in fired:
            owner = self.owners[name]
            owner.keep(each)
            self._histories.count(owner)
            told[owner] = None
            if self._fired is not None:
                self._fired(name, each)
        for owner in told:
            self._deliver(owner)
        self._changed_delivered.update(dict.fromkeys(self._histories.trim()))
        self._write()

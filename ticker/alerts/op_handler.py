"""Answers the ops ``alert``, ``alerts`` and ``unalert``, has the book check every tick, and delivers fired alerts.

With authentication an alert belongs to the session's owner, otherwise to the ``owner`` in the message. A fired alert
goes to the store first, and then to the owner's connections, or waits for one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from ticker.alerts.alert import Alert
from ticker.alerts.book import Book, Firing
from ticker.alerts.condition import parse
from ticker.alerts.owner import Owner
from ticker.alerts.store import AlertChanges, AlertStore, NoStore
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.hub.session import Catalogue, Session, rejection
from ticker.market.board import Board
from ticker.model import BoardEvent
from ticker.wire import messages as wire
from ticker.wire.messages import AlertList, DeskMessage, Fired, Id

#: Maximum characters of an alert's id and of an owner's name.
MAX_CHARS: Final = 64
#: Maximum owners per connection.
MAX_NAMED: Final = 8
#: Instead of an id: all alerts.
ALL: Final = "*"


class AlertMarket(Catalogue, Protocol):
    """The part of the hub that alerts need. A protocol because the hub is constructed with the handler."""

    @property
    def board(self) -> Board: ...


class AlertHandler:
    """Op handler and tick observer: ``Hub(…, op_handlers=[alerts], observer=alerts)``, then ``alerts.watch(hub)``.

    ``alerts`` and ``owners`` are server-wide limits. An owner takes about 2 KiB, an alert 1 KiB, and each of at most
    ``KEPT`` fired alerts somewhat less. An owner without alerts and history is deleted when its last connection closes;
    one with history only, when the limit is reached.

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
        #: Owners with history only, oldest first.
        self._history_only: dict[str, None] = {}
        self._sessions: dict[Session, dict[str, Owner]] = {}
        self._behind: dict[Owner, None] = {}
        self._alerts = 0
        # Changes for the next write; only one write is in progress at a time.
        self._writing = False
        self._deleted_owners: dict[str, None] = {}
        self._changed_alerts: dict[tuple[str, Id], None] = {}
        self._unstored: dict[Owner, None] = {}
        self._changed_delivered: dict[Owner, None] = {}

    def watch(self, market: AlertMarket) -> None:
        """Load the stored alerts. Called once, before any client connects."""
        self._market = market
        board = market.board
        for saved in self._store.load():
            owner = self.owners[saved.owner] = Owner.restored(saved)
            self._alerts += len(owner.alerts)
            for alert in list(owner.alerts.values()):
                self._record(self._book.add(alert, board))
            self._retire(owner)
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
        name = _owner_name(session, message)
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
        id_ = _alert_id(message)
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
        owner = self._claim(session, name, id_)
        alert = Alert(name, id_, symbol, condition, once=message.once, hysteresis=hysteresis)
        old = owner.put(alert)
        if old is not None:
            self._book.remove(old, market.board)
        self._alerts += old is None
        self._changed_alerts[name, id_] = None
        self._record(self._book.add(alert, market.board))
        return owner

    def _remove(self, session: Session, name: str, message: wire.Unalert) -> Owner:
        id_ = _alert_id(message)
        known = self.owners.get(name)
        if id_ != ALL and (known is None or id_ not in known.alerts):
            raise ProtocolError("no-alert", f"no alert {id_!r:.80}", id_)
        owner = self._claim(session, name, id_)
        for each in list(owner.alerts) if id_ == ALL else [id_]:
            self._book.remove(owner.drop(each), self._market.board)
            self._alerts -= 1
            self._changed_alerts[name, each] = None
        return owner

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
            if len(self.owners) >= self._max_owners and not self._make_room() and not session.owner:
                raise ProtocolError("too-many-alerts", "the server has reached its maximum number of owners", id_)
            owner = self.owners[name] = Owner(name)
        self._history_only.pop(name, None)
        self._sessions.setdefault(session, {})[name] = owner
        owner.enter(session)
        return owner

    def _make_room(self) -> bool:
        """Delete the owner with history only that has been offline for the longest time."""
        for name in self._history_only:
            del self._history_only[name]
            self._changed_delivered.pop(self.owners.pop(name), None)
            self._deleted_owners[name] = None
            return True
        return False

    def _retire(self, owner: Owner) -> None:
        """Delete an owner without alerts and history; one with history may be deleted later."""
        if owner.idle:
            if owner.blank:
                del self.owners[owner.name]
            else:
                self._history_only[owner.name] = None

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
            self._changed_alerts or self._unstored or self._changed_delivered or self._deleted_owners
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
        )
        for owner in self._unstored:
            owner.unstored.clear()
        for waiting in (self._deleted_owners, self._changed_alerts, self._unstored, self._changed_delivered):
            waiting.clear()
        self._writing = True
        self._store.write(changes, partial(self._written, fired))

    def _written(self, fired: list[tuple[str, Fired]]) -> None:
        self._writing = False
        told: dict[Owner, None] = {}
        for name, each in fired:
            owner = self.owners[name]
            owner.keep(each)
            told[owner] = None
            if self._fired is not None:
                self._fired(name, each)
        for owner in told:
            self._deliver(owner)
        self._write()


def _owner_name(session: Session, message: DeskMessage) -> str:
    if session.owner:
        return session.owner
    name = message.owner if isinstance(message, wire.Alert | wire.Alerts | wire.Unalert) else None
    if name is None:
        raise ProtocolError("no-owner", "owner: missing; choose a text that others cannot guess", message.id)
    if not 0 < len(name) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"owner: must have 1 to {MAX_CHARS} characters", message.id)
    return name


def _alert_id(message: wire.Alert | wire.Unalert) -> Id:
    id_ = message.id
    if id_ is None:
        raise ProtocolError("bad-argument", "id: missing")
    if isinstance(id_, str) and not 0 < len(id_) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"id: must be an integer or a text of 1 to {MAX_CHARS} characters", id_)
    return id_

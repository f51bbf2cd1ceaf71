"""The desk for alerts: puts and removes them, has the book look at every tick, and tells owners what fired.

Whose an alert is: the session's owner, where the server asks who one is; else whoever the message says. What fires goes
to the store first and to the owner's connections then, or waits for one to come. Nothing here waits, or knows a socket.
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
from ticker.alerts.store import AlertStore, Changes, NoStore
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.hub.session import Catalogue, Session, rejection
from ticker.market.board import Board
from ticker.model import BoardEvent
from ticker.wire import messages as wire
from ticker.wire.messages import AlertList, DeskMessage, Fired, Id

#: Characters of an alert's id, and of an owner's name.
MAX_CHARS: Final = 64
#: Owners that one connection may name.
MAX_NAMED: Final = 8
#: In place of an id: all of them.
ALL: Final = "*"


class Market(Catalogue, Protocol):
    """What the alerts are about: the hub."""

    @property
    def board(self) -> Board: ...


class AlertDesk:
    """Desk and onlooker at once: ``Hub(…, op_handlers=[desk], observer=desk)``, and then ``desk.watch(hub)``.

    ``alerts`` and ``owners`` are how many there may be in all; an owner takes about 2 KiB, each alert 1 KiB, and each
    of the (at most ``KEPT``) that fired somewhat less. An owner of whom there is nothing is forgotten when its last
    connection goes; one that has only things of the past, as soon as there are too many.

    ``fired`` is called for each alert that fires, once that is kept; it must not raise, and is for webhooks. ``may``
    tells what an owner may see now: None for one that may not come in (any more), as when its key was revoked. What it
    may not see doesn't fire; that is asked whenever something would, so it should be a mere look-up.
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
        self._most_alerts = alerts
        self._most_owners = owners
        self._market: Market | None = None
        self._book = Book(self._changed, self._allowed)
        self._owners: dict[str, Owner] = {}
        #: Those of them that are there for their past alone, the longest first.
        self._past: dict[str, None] = {}
        self._sessions: dict[Session, dict[str, Owner]] = {}
        self._behind: dict[Owner, None] = {}
        self._alerts = 0
        # What the store has to learn. One write is under way at a time, and these are for the next.
        self._writing = False
        self._forgotten: dict[str, None] = {}
        self._moved: dict[tuple[str, Id], None] = {}
        self._unkept: dict[Owner, None] = {}
        self._marked: dict[Owner, None] = {}

    def watch(self, market: Market) -> None:
        """Begin, with all that the store has. To be called once, before any client comes."""
        self._market = market
        board = market.board
        for saved in self._store.load():
            owner = self._owners[saved.owner] = Owner.restored(saved)
            self._alerts += len(owner.alerts)
            for alert in list(owner.alerts.values()):
                self._note(self._book.add(alert, board))
            self._retire(owner)
        self._write()

    @property
    def count(self) -> int:
        """How many alerts there are, those included that have fired and were not removed."""
        return self._alerts

    # The market

    @property
    def active(self) -> bool:
        return len(self._book) > 0

    def observe(self, board: Board, event: BoardEvent) -> None:
        self._note(self._book.look(board, event))
        self._write()

    def _changed(self, alert: Alert) -> None:
        self._moved[alert.owner, alert.id] = None
        if alert.done:
            self._owners[alert.owner].lose()

    def _allowed(self, alert: Alert) -> bool:
        may = self._may(alert.owner)
        return may is not None and "ticker" in may.channels and may.symbol(alert.symbol)

    def _note(self, firings: list[Firing]) -> None:
        for firing in firings:
            owner = self._owners[firing.alert.owner]
            owner.fire(firing)
            self._unkept[owner] = None

    # Clients

    def enter(self, session: Session) -> None:
        if session.owner:
            self._deliver(self._claim(session, session.owner, None))
            self._write()

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:  # noqa: ARG002 - ticks have their stamps
        name = _owner_name(session, message)
        if isinstance(message, wire.Alert):
            owner = self._put(session, name, message)
        elif isinstance(message, wire.Unalert):
            owner = self._remove(session, name, message)
        else:
            owner = self._claim(session, name, message.id)
        rows = [alert.row for alert in owner.alerts.values()]
        session.outlet.send(session.codec.encode(AlertList(id=message.id, alerts=rows, seq=owner.topic.head)))
        if isinstance(message, wire.Alerts) and message.since is not None:
            # A number that can't be is of another life of the server's: then all of it is new.
            owner.enter(session).seq = message.since if 0 <= message.since <= owner.topic.head else 0
        self._deliver(owner)
        self._write()

    def leave(self, session: Session) -> None:
        for owner in self._sessions.pop(session, {}).values():
            owner.leave(session)
            if not owner.topic.behind:
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
            raise ProtocolError("bad-argument", "id: '*' stands for all alerts, and can't be the name of one", id_)
        condition = parse(message.when, id_)
        hysteresis = message.hysteresis
        if hysteresis is not None and not 0 <= hysteresis < math.inf:
            raise ProtocolError("bad-argument", f"hysteresis: 0 or more, and finite, not {hysteresis:g}", id_)
        market, symbol = self._known_market, message.symbol
        reason = rejection(symbol, session.may, market) if "ticker" in session.may.channels else "not-entitled"
        if reason is not None:
            raise ProtocolError(reason, f"symbol {symbol!r:.80}: {reason}", id_)
        known = self._owners.get(name)
        there = {} if known is None else known.alerts
        if id_ not in there:
            most = session.limits.alerts
            if len(there) >= most:
                raise ProtocolError("too-many-alerts", f"{most} alerts are the most that an owner may have", id_)
            if self._alerts >= self._most_alerts:
                raise ProtocolError("too-many-alerts", "there are as many alerts as the server takes", id_)
        owner = self._claim(session, name, id_)
        alert = Alert(name, id_, symbol, condition, once=message.once, hysteresis=hysteresis)
        old = owner.put(alert)
        if old is not None:
            self._book.remove(old, market.board)
        self._alerts += old is None
        self._moved[name, id_] = None
        self._note(self._book.add(alert, market.board))
        return owner

    def _remove(self, session: Session, name: str, message: wire.Unalert) -> Owner:
        id_ = _alert_id(message)
        known = self._owners.get(name)
        if id_ != ALL and (known is None or id_ not in known.alerts):
            raise ProtocolError("no-alert", f"there is no alert {id_!r:.80}", id_)
        owner = self._claim(session, name, id_)
        for each in list(owner.alerts) if id_ == ALL else [id_]:
            self._book.remove(owner.drop(each), self._known_market.board)
            self._alerts -= 1
            self._moved[name, each] = None
        return owner

    @property
    def _known_market(self) -> Market:
        assert self._market is not None, "watch comes first"
        return self._market

    # Owners

    def _claim(self, session: Session, name: str, id_: Id | None) -> Owner:
        """The owner of that name, which the session belongs to from now on. Raises ``ProtocolError`` at a bound."""
        claimed = self._sessions.get(session, {})
        if (owner := claimed.get(name)) is not None:
            return owner
        if len(claimed) >= MAX_NAMED:
            raise ProtocolError("no-owner", f"owner: a connection may name {MAX_NAMED}, and this has", id_)
        owner = self._owners.get(name)
        if owner is None:
            if len(self._owners) >= self._most_owners and not self._make_room() and not session.owner:
                raise ProtocolError("too-many-alerts", "there are as many owners as the server takes", id_)
            owner = self._owners[name] = Owner(name)
        self._past.pop(name, None)
        self._sessions.setdefault(session, {})[name] = owner
        owner.enter(session)
        return owner

    def _make_room(self) -> bool:
        """Forget the owner that has been gone for longest of those who left nothing to be done."""
        for name in self._past:
            del self._past[name]
            self._marked.pop(self._owners.pop(name), None)
            self._forgotten[name] = None
            return True
        return False

    def _retire(self, owner: Owner) -> None:
        """Forget an owner of whom there is nothing; one that has a past may be forgotten later."""
        if owner.idle:
            if owner.blank:
                del self._owners[owner.name]
            else:
                self._past[owner.name] = None

    def _deliver(self, owner: Owner) -> None:
        if owner.deliver():
            self._marked[owner] = None
        if owner.topic.behind:
            self._behind[owner] = None
        else:
            self._behind.pop(owner, None)

    # The store

    def _write(self) -> None:
        """Hand the store what it doesn't have, if it is done with what it had."""
        if self._writing or not (self._moved or self._unkept or self._marked or self._forgotten):
            return
        moved = [(name, id_, self._owners.get(name)) for name, id_ in self._moved]
        fired = [(owner.name, each) for owner in self._unkept for each in owner.unkept]
        changes = Changes(
            forgotten=list(self._forgotten),
            removed=[(name, id_) for name, id_, owner in moved if owner is None or id_ not in owner.alerts],
            alerts=[owner.saved(id_) for _, id_, owner in moved if owner is not None and id_ in owner.alerts],
            fired=fired,
            delivered={owner.name: owner.delivered for owner in self._marked},
        )
        for owner in self._unkept:
            owner.unkept.clear()
        for waiting in (self._forgotten, self._moved, self._unkept, self._marked):
            waiting.clear()
        self._writing = True
        self._store.write(changes, partial(self._written, fired))

    def _written(self, fired: list[tuple[str, Fired]]) -> None:
        self._writing = False
        told: dict[Owner, None] = {}
        for name, each in fired:
            owner = self._owners[name]
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
        raise ProtocolError(
            "no-owner", "owner: say whose the alerts are, by any text that others can't guess", message.id
        )
    if not 0 < len(name) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"owner: a text of 1 to {MAX_CHARS} characters", message.id)
    return name


def _alert_id(message: wire.Alert | wire.Unalert) -> Id:
    id_ = message.id
    if id_ is None:
        raise ProtocolError("bad-argument", "id: missing; it names the alert")
    if isinstance(id_, str) and not 0 < len(id_) <= MAX_CHARS:
        raise ProtocolError("bad-argument", f"id: an integer, or a text of 1 to {MAX_CHARS} characters", id_)
    return id_

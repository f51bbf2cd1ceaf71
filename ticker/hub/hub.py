"""The server without sockets and clocks: events and messages in, frames out.

Its owner passes in events, messages and the time, gives it an outlet for each client, and calls ``beat``, ``flush``,
``poll`` and ``heartbeat`` when they are due. No method waits, so the state is consistent between two calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.errors import ProtocolError
from ticker.event_check import check_event
from ticker.fanout.registry import Lanes
from ticker.fanout.subscription import HEARTBEAT, Outlet, Subscription
from ticker.fanout.watchlist import Watchlists
from ticker.hub.intervals import IntervalsInUse, not_kept
from ticker.hub.notices import Notices
from ticker.hub.op_handler import OpHandler
from ticker.hub.session import Session, pong, rejection
from ticker.market.bar_store import DEFAULT_LATE_NS, BarStore
from ticker.market.board import Board, symbol_dicts
from ticker.market.market import Market, TickObserver
from ticker.model import ALL, FeedEvent, TickBatch
from ticker.sanitize import proper_text
from ticker.wire.codec import Codec, codec_for, plain
from ticker.wire.limits import RING_TICKS, Limits
from ticker.wire.messages import (
    PROTOCOL_VERSION,
    ClientMessage,
    DeskMessage,
    Error,
    FeedState,
    Fields,
    Heartbeat,
    Notice,
    Ping,
    PriceMessage,
    Since,
    Snapshot,
    Subscribe,
    Subscribed,
    Welcome,
)

#: How often ``heartbeat`` must be called in a heartbeat's interval: the precision at which silence is measured.
HEARTBEAT_STEPS = 5
#: The rate at which a feed is collected without faster clients: HTTP responses are at most this interval old.
SLOWEST_HZ = 20.0


class Hub:
    """Sessions, their subscriptions, and the market. All timestamps (``ts``) are nanoseconds since 1970 UTC."""

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        complete: bool = True,
        epoch: str | None = None,
        limits: Limits | None = None,
        heartbeat_s: float = 10.0,
        ring_ticks: int = RING_TICKS,
        feed_state: Callable[[], FeedState] = lambda: FeedState(state="live", ts=None),
        op_handlers: Iterable[OpHandler] = (),
        observer: TickObserver | None = None,
        calendar: MarketCalendar = UTC_DAYS,
        calendars: Mapping[str, MarketCalendar] | None = None,
        late_ns: int = DEFAULT_LATE_NS,
        negative_prices: bool = False,
    ) -> None:
        """``calendar`` has the trading days of all symbols but those in ``calendars``.

        Bars are revised if they are at most ``late_ns`` old. With ``negative_prices``, prices may be zero and below.
        """
        self.limits = limits or Limits()
        self.heartbeat_s = heartbeat_s
        #: Whether no symbols besides the board's can appear. Kept up to date by the owner.
        self.complete = complete
        self.sessions: dict[Session, None] = {}
        #: How many clients reconnected to channel ``ticker`` and were sent what they had missed.
        self.resumed = 0
        #: Errors by code. The server adds those of HTTP responses.
        self.errors: Counter[str] = Counter()
        self._feed_state = feed_state
        self._negative_prices = negative_prices
        self._codecs: dict[str, Codec] = {name: codec_for(name, self.limits.depth) for name in ("json", "msgpack")}
        self._watchlists = Watchlists()
        self._awaiting: dict[Subscription, Session] = {}
        self.notices = Notices()
        self._op_handlers = [self.notices, *op_handlers]
        #: The intervals in use that the server does not keep.
        self.intervals = IntervalsInUse(self.limits)
        #: Another object after each restart.
        self.market = Market(
            names, epoch, ring_ticks, observer, self._appeared,
            calendar=calendar, calendars=calendars or {}, late_ns=late_ns,
        )  # fmt: skip
        self._calendar = calendar
        self._calendars = calendars or {}
        self.lanes = Lanes(self.market, self.limits.frame_bytes)
        self._ids = count(1)

    # The market and its events

    @property
    def board(self) -> Board:
        """The latest values, as of the last ``apply_pending`` (see ``Market``)."""
        return self.market.board

    @property
    def bars(self) -> BarStore:
        """The bars, as of the last ``apply_pending``."""
        return self.market.bars

    def apply_pending(self) -> Board:
        """Apply the pending ticks and return the board. Beats, flushes, messages and snapshots begin with it."""
        self.market.apply_pending()
        return self.market.board

    def row(self, name: str) -> int | None:
        """The row of a symbol, also of a removed one: it may come back."""
        return self.board.find(name)

    def publish(self, event: FeedEvent) -> bool:
        """Apply an event. Returns whether ``flush`` must be called in this turn of the event loop.

        Raises ``BatchError`` for an invalid event, which changes nothing.
        """
        check_event(event, negative_prices=self._negative_prices)
        before, self.market = self.market, self.market.apply(event)
        if self.market is not before:
            self._restarted(before)
        return self.lanes.at_once or not isinstance(event, TickBatch)

    def calendar_of(self, name: str) -> MarketCalendar:
        """The trading days of a symbol."""
        return self._calendars.get(name, self._calendar)

    def _appeared(self, names: list[str]) -> None:
        """Add new symbols to the subscriptions that wait for them."""
        first = len(self.board) - len(names)
        for subscription, session in list(self._awaiting.items()):
            rows = {name: self.board.row(name) for name in names if name in subscription.names}
            seen = session.visible(names, first) if subscription.within is not None else set()
            if rows or seen:
                subscription.watch(rows, seen)
                # All values of the symbol will be newer than the client's version, so the client is still in step.
                self.lanes.of(subscription).file(subscription)
                self._note_awaited(session, subscription)

    def _restarted(self, before: Market) -> None:
        """Move all lanes to another market, of which no client has anything."""
        self.intervals.restart(self.market.bars)
        self.lanes.restart(self.market)
        for session in self.sessions:
            session.outlet.send(session.codec.encode(self._welcome()))
        if new := self.board.names[len(before.board) :]:
            self._appeared(new)

    # Clients

    @property
    def names(self) -> Sequence[str]:
        """The names of all symbols by row, including removed ones."""
        return self.board.names

    def attach(
        self, outlet: Outlet, encoding: str, may: Entitlements = EVERYTHING, name: str = "",
        owner: str | None = None, source: str = "",
    ) -> Session:  # fmt: skip
        """Add a client and send it a welcome. ``name`` and ``owner`` identify its user; ``source``: see ``Session``."""
        codec = self._codecs[encoding]
        session = Session(str(next(self._ids)), outlet, codec, self.limits, self._watchlists, may, name, owner, source)
        self.sessions[session] = None
        outlet.send(session.codec.encode(self._welcome()))
        for handler in self._op_handlers:
            handler.enter(session)
        return session

    def detach(self, session: Session) -> None:
        """Remove a client that has disconnected."""
        del self.sessions[session]
        for subscription in session.subscriptions():
            self._awaiting.pop(subscription, None)
            # Empty ones are in no lane.
            if not subscription.empty:
                self.lanes.of(subscription).leave(subscription)
                self._end_interval(subscription, session)
        for handler in self._op_handlers:
            handler.leave(session)

    def _welcome(self) -> Welcome:
        return Welcome(
            # Without a version, which would tell which vulnerabilities to try; `/healthz` shows it to admins.
            server="ticker",
            protocol=PROTOCOL_VERSION,
            epoch=self.board.epoch,
            heartbeat=self.heartbeat_s,
            limits=self.limits,
        )

    def receive(self, session: Session, raw: bytes | str, ts: int) -> None:
        """Handle an encoded message: text is JSON, bytes are msgpack."""
        codec = self._codecs["json" if isinstance(raw, str) else "msgpack"]
        try:
            message = codec.decode_client(raw)
        except ProtocolError as error:
            self._fail(session, error)
        else:
            self.handle(session, message, ts)

    def handle(self, session: Session, message: ClientMessage, ts: int) -> None:
        """Handle a message, and send the answer."""
        self.apply_pending()
        try:
            if isinstance(message, DeskMessage):
                self._handler(message).receive(session, message, ts)
            else:
                self._handle_prices(session, message, ts)
        except ProtocolError as error:
            self._fail(session, error)

    def refuse(self, session: Session, code: str, message: str) -> None:
        """Send an error for a message that was not read."""
        self._fail(session, ProtocolError(code, message))

    def _fail(self, session: Session, error: ProtocolError) -> None:
        self.errors[error.code] += 1
        session.outlet.send(session.codec.encode(Error(id=error.id, code=error.code, message=error.message)))

    def _handler(self, message: DeskMessage) -> OpHandler:
        for handler in self._op_handlers:
            if isinstance(message, handler.answers):
                return handler
        raise ProtocolError("unknown-op", "this server does not offer this operation", message.id)

    def _handle_prices(self, session: Session, message: PriceMessage, ts: int) -> None:
        if isinstance(message, Ping):
            session.outlet.send(pong(session, message))
            return
        subscription = session.subscription(message)
        before, was_empty = subscription.watchlist, subscription.empty
        answer, changed = session.receive(message, subscription, self)
        session.outlet.send(session.codec.encode(answer))
        folded = not_kept(subscription.topic)
        if folded is not None and was_empty and not subscription.empty:
            self.intervals.begin(folded, session.source, self.bars)
        is_over = folded is not None and subscription.empty
        if is_over:
            session.forget(subscription)
            if not was_empty:
                self.lanes.of(subscription).leave(subscription)
                self._end_interval(subscription, session)
        revisions = answer.revisions if isinstance(answer, Subscribed) else subscription.revisions
        # Subscriptions that changed or move to another lane.
        moved: list[Subscription] = []
        for each in session.subscriptions():
            rate_hz = session.rate_hz if each.has_rate else each.rate_hz
            place = rate_hz, revisions if each is subscription else each.revisions
            if place != (each.rate_hz, each.revisions):
                if not each.empty:
                    self.lanes.of(each).leave(each)
                    moved.append(each)
                each.rate_hz, each.revisions = place
        since = message.since if isinstance(message, Subscribe) else None
        if is_over:
            self._note_awaited(session, subscription)
        elif changed or since is not None:
            lane = self.lanes.of(subscription)
            lane.leave(subscription)
            if isinstance(message, Subscribe):
                position = self._position(since)
                missed = message.channel == "ticker" and position is not None and position < self.board.version
                self.resumed += missed
                lane.begin(subscription, position, before, was_empty=was_empty)
            self._note_awaited(session, subscription)
            moved.append(subscription)
        for each in dict.fromkeys(moved):
            lane = self.lanes.of(each)
            lane.file(each)
            # The rate limit of a key holds for first frames, too: they wait for the next beat.
            if each in lane.behind and (session.may.rate is None or not each.has_rate):
                lane.catch_up(each, ts)

    def _end_interval(self, subscription: Subscription, session: Session) -> None:
        """A subscription has ended, and is in no lane: stop folding its interval if it was the last one."""
        folded = not_kept(subscription.topic)
        if folded is not None and self.intervals.end(folded, session.source, self.bars):
            self.lanes.forget(subscription.topic)

    def _position(self, since: Since | None) -> int | None:
        """The version that a client says it has; None for another epoch's."""
        return since.version if since is not None and since.epoch == self.board.epoch and since.version >= 0 else None

    def _note_awaited(self, session: Session, subscription: Subscription) -> None:
        if subscription.awaits:
            self._awaiting[subscription] = session
        else:
            self._awaiting.pop(subscription, None)

    def notify(self, text: str, sender: str, ts: int, to: str | None = None) -> int:
        """Send a notice to all clients, or to those named ``to``. Returns how many; slow consumers get it later.

        Raises ``ValueError`` for a text without printable characters or longer than ``limits.text_chars``.
        """
        notice = Notice(text=proper_text(text, self.limits.text_chars), sender=sender, ts=ts)
        return self.notices.tell(notice, (each for each in self.sessions if each.hears and to in (None, each.name)))

    # What is due, and doing it

    @property
    def rates(self) -> set[float]:
        """The rates at which ``beat`` must be called: those above 0 with clients, and one for the observer."""
        return self.lanes.rates | {SLOWEST_HZ} if self.market.observed else self.lanes.rates

    @property
    def interval_s(self) -> float:
        """How long published ticks may wait for a beat, in seconds. 0: they are flushed at once."""
        return 0.0 if self.lanes.at_once else 1 / max(self.lanes.rates | {SLOWEST_HZ})

    def beat(self, rate_hz: float, ts: int) -> None:
        """Send updates at one rate. Must be called ``rate_hz`` times per second."""
        self.apply_pending()
        self.lanes.beat(rate_hz, ts)

    def flush(self, ts: int) -> None:
        """Send what goes out without a beat. Must be called at the end of a turn in which ``publish`` returned true."""
        if self.lanes.at_once:
            self.apply_pending()
            self.lanes.beat(0, ts)

    @property
    def waiting(self) -> bool:
        """Whether a client needs ``poll``: it gets a snapshot in parts, or is behind in a lane without beats."""
        return self.lanes.waiting or any(handler.waiting for handler in self._op_handlers)

    def poll(self, ts: int) -> None:
        """Continue with clients that have become ready. Must be called every few milliseconds while ``waiting``."""
        self.lanes.poll(ts)
        for handler in self._op_handlers:
            handler.poll(ts)

    def heartbeat(self, ts: int) -> None:
        """Send heartbeats to silent clients. Must be called ``HEARTBEAT_STEPS`` times per heartbeat interval."""
        made: dict[tuple[str, int], bytes] = {}
        state = self._feed_state()
        for session in self.sessions:
            if not session.silent(HEARTBEAT_STEPS - 1) or not session.outlet.ready():
                continue
            version = session.ticker.version
            if session.ticker.group is not None:
                # A client in step has everything up to the lane's last beat, or more if it was caught up since.
                version = max(version, self.lanes.of(session.ticker).version)
            key = session.codec.name, version
            if key not in made:
                made[key] = session.codec.encode(Heartbeat(version=version, ts=ts, feed=state))
            session.outlet.send(made[key], (HEARTBEAT, version))

    def snapshot(
        self, symbols: Iterable[str], ts: int, may: Entitlements = EVERYTHING, since: Since | None = None
    ) -> Snapshot:
        """The values of these symbols (``*``: all), and the version to continue from.

        With ``since``, only the fields that changed after it; all fields if it has another epoch.
        """
        board = self.apply_pending()
        wanted = dict.fromkeys(symbols)
        everything = wanted.pop(ALL, ...) is None
        rejected: dict[str, str] = {}
        if "ticker" not in may.channels:
            rejected = dict.fromkeys([*wanted, ALL] if everything else wanted, "not-entitled")
            wanted, everything = {}, False
        position = self._position(since)
        position = position if position is not None and position <= board.version else 0
        # A client that may have had a removed symbol is told that it is gone.
        find = board.find if position else board.row
        for name in wanted:
            if (reason := rejection(name, may, self)) is not None:
                rejected[name] = reason
            elif self.complete and find(name) is None:
                rejected[name] = "unknown-symbol"
        names = [*wanted, *(board.names if position else board.symbols)] if everything else wanted
        rows = {row for name in names if may.symbol(name) and (row := find(name)) is not None}
        delta = board.since(position, board.index(sorted(rows)))
        data = {name: _plain(fields) for name, fields in symbol_dicts(delta).items()}
        return Snapshot(epoch=board.epoch, version=board.version, ts=ts, data=data, rejected=rejected)


def _plain(fields: Fields | None) -> Fields | None:
    if fields is None:
        return None
    return {field: plain(value) if isinstance(value, float) else value for field, value in fields.items()}

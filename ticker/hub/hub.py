"""The board, its lanes, tapes and sessions: publish, attach, detach, receive, beat.

The hub decides who gets what; its owner brings the events, the sockets (as outlets) and the clock. Nothing here waits,
so between two calls everything is consistent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count

import ticker
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.fanout.registry import Lanes
from ticker.fanout.subscription import HEARTBEAT, Outlet, Subscription
from ticker.fanout.watchlist import Watchlists
from ticker.hub.notices import Notices
from ticker.hub.op_handler import OpHandler
from ticker.hub.session import Session, rejection
from ticker.market.bar_store import BarStore
from ticker.market.board import Board, symbol_dicts
from ticker.market.market import Market, TickObserver
from ticker.model import ALL, FeedEvent, TickBatch, check_event
from ticker.sanitize import proper_text
from ticker.wire.codec import Codec, codec_for, plain
from ticker.wire.limits import Limits
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
    Pong,
    PriceMessage,
    Since,
    Snapshot,
    Subscribe,
    Welcome,
)

#: How often ``heartbeat`` is to be called in one heartbeat's time: how exactly silence is measured.
HEARTBEAT_STEPS = 5
#: What is asked over HTTP is no older than a beat of this rate, whatever the rates of the lanes are.
SLOWEST_HZ = 20.0


class Hub:
    """Everything the server knows, without sockets and clocks. All stamps (``ts``) are UTC epoch nanoseconds."""

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        complete: bool = True,
        epoch: str | None = None,
        limits: Limits | None = None,
        heartbeat_s: float = 10.0,
        ring_ticks: int = 65_536,
        feed_state: Callable[[], FeedState] = lambda: FeedState(state="live", ts=None),
        op_handlers: Iterable[OpHandler] = (),
        observer: TickObserver | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.heartbeat_s = heartbeat_s
        #: Whether no other symbols than the board's can come. The owner keeps it true.
        self.complete = complete
        self.sessions: dict[Session, None] = {}
        #: How often a client came back and got, of channel ``ticker``, what it had missed.
        self.resumed = 0
        #: How often each error was answered, by its code; those over HTTP the server counts.
        self.errors: Counter[str] = Counter()
        self._feed_state = feed_state
        self._codecs: dict[str, Codec] = {name: codec_for(name, self.limits.depth) for name in ("json", "msgpack")}
        self._watchlists = Watchlists()
        self._awaiting: dict[Subscription, Session] = {}
        self.notices = Notices()
        self._op_handlers = [self.notices, *op_handlers]
        #: The state of the market. Another object after a restart.
        self.market = Market(names, epoch, ring_ticks, observer, self._appeared)
        self.lanes = Lanes(self.market, self.limits.frame_bytes)
        self._ids = count(1)

    # The market

    @property
    def board(self) -> Board:
        """The latest values, as of the last ``apply_pending``."""
        return self.market.board

    @property
    def bars(self) -> BarStore:
        """The bars, as of the last ``apply_pending``."""
        return self.market.bars

    def apply_pending(self) -> Board:
        """Apply the ticks that are pending, and return the board. ``beat``, ``flush`` and ``handle`` begin with it."""
        self.market.apply_pending()
        return self.market.board

    def row(self, name: str) -> int | None:
        """The row of a symbol that is there, or was: it may come back, to those who ask now as to those who stayed."""
        return self.board.find(name)

    def publish(self, event: FeedEvent) -> bool:
        """Apply an event of the feed. Returns whether ``flush`` must be called this turn of the event loop.

        Raises ``BatchError`` for an event that must not reach the board.
        """
        check_event(event)
        before, self.market = self.market, self.market.apply(event)
        if self.market is not before:
            self._restarted(before)
        return self.lanes.at_once or not isinstance(event, TickBatch)

    def _appeared(self, names: list[str]) -> None:
        first = len(self.board) - len(names)
        for subscription, session in list(self._awaiting.items()):
            rows = {name: self.board.row(name) for name in names if name in subscription.names}
            seen = session.visible(names, first) if subscription.within is not None else set()
            if rows or seen:
                subscription.watch(rows, seen)
                # All its values are newer than the version that the client has: it needs no catching up.
                self.lanes.of(subscription).file(subscription)
                self._note_awaited(session, subscription)

    def _restarted(self, before: Market) -> None:
        """Move all lanes to another market, of which no client has anything."""
        self.lanes.restart(self.market)
        for session in self.sessions:
            session.outlet.send(session.codec.encode(self._welcome()))
        if new := self.board.names[len(before.board) :]:
            self._appeared(new)

    # Clients

    @property
    def names(self) -> Sequence[str]:
        """The names of all symbols that are there or were, by row."""
        return self.board.names

    def attach(
        self, outlet: Outlet, encoding: str, may: Entitlements = EVERYTHING, name: str = "", owner: str | None = None
    ) -> Session:
        """A new client: it is welcomed, and watches nothing yet. ``name`` and ``owner``: whose it is, if known."""
        codec = self._codecs[encoding]
        session = Session(str(next(self._ids)), outlet, codec, self.limits, self._watchlists, may, name, owner)
        self.sessions[session] = None
        outlet.send(session.codec.encode(self._welcome()))
        for handler in self._op_handlers:
            handler.enter(session)
        return session

    def detach(self, session: Session) -> None:
        """The client is gone, and everything that was kept for it."""
        del self.sessions[session]
        for subscription in session.subscriptions():
            self._awaiting.pop(subscription, None)
            self.lanes.of(subscription).leave(subscription)
        for handler in self._op_handlers:
            handler.leave(session)

    def _welcome(self) -> Welcome:
        return Welcome(
            server=f"ticker/{ticker.__version__}",
            protocol=PROTOCOL_VERSION,
            epoch=self.board.epoch,
            heartbeat=self.heartbeat_s,
            limits=self.limits,
        )

    def receive(self, session: Session, raw: bytes | str, ts: int) -> None:
        """A client's message: text is read as JSON, bytes as msgpack. The answer goes out at once."""
        codec = self._codecs["json" if isinstance(raw, str) else "msgpack"]
        try:
            message = codec.decode_client(raw)
        except ProtocolError as error:
            self._fail(session, Error(id=error.id, code=error.code, message=error.message))
        else:
            self.handle(session, message, ts)

    def handle(self, session: Session, message: ClientMessage, ts: int) -> None:
        """A client's message, however it came. The answer goes out at once."""
        self.apply_pending()
        try:
            if isinstance(message, DeskMessage):
                self._handler(message).receive(session, message, ts)
            else:
                self._handle_prices(session, message, ts)
        except ProtocolError as error:
            self._fail(session, Error(id=error.id, code=error.code, message=error.message))

    def refuse(self, session: Session, code: str, message: str) -> None:
        """Tell a client why a message of its was not read."""
        self._fail(session, Error(code=code, message=message))

    def _fail(self, session: Session, error: Error) -> None:
        self.errors[error.code] += 1
        session.outlet.send(session.codec.encode(error))

    def _handler(self, message: DeskMessage) -> OpHandler:
        for handler in self._op_handlers:
            if isinstance(message, handler.answers):
                return handler
        raise ProtocolError("unknown-op", "this server doesn't offer that", message.id)

    def _handle_prices(self, session: Session, message: PriceMessage, ts: int) -> None:
        if isinstance(message, Ping):
            session.outlet.send(_pong(session, message))
            return
        subscription = session.subscription(message)
        before, was_empty = subscription.watchlist, subscription.empty
        answer, changed = session.receive(message, subscription, self)
        session.outlet.send(session.codec.encode(answer))
        # Those that changed or move to another lane.
        moved = [each for each in session.subscriptions() if each.has_rate and each.rate_hz != session.rate_hz]
        for each in moved:
            self.lanes.of(each).leave(each)
            each.rate_hz = session.rate_hz
        since = message.since if isinstance(message, Subscribe) else None
        if changed or since is not None:
            lane = self.lanes.of(subscription)
            lane.leave(subscription)
            if isinstance(message, Subscribe):
                position = self._position(since)
                missed = message.channel == "ticker" and position is not None and position < self.board.version
                self.resumed += missed
                lane.begin(subscription, position, before, anew=was_empty)
            self._note_awaited(session, subscription)
            moved.append(subscription)
        for each in dict.fromkeys(moved):
            lane = self.lanes.of(each)
            lane.file(each)
            # The rate limit of a key holds for first frames, too: they wait for the next beat.
            if each in lane.behind and (session.may.rate is None or not each.has_rate):
                lane.catch_up(each, ts)

    def _position(self, since: Since | None) -> int | None:
        """Where a client says that it was; None if it can't have been there."""
        return since.version if since is not None and since.epoch == self.board.epoch and since.version >= 0 else None

    def _note_awaited(self, session: Session, subscription: Subscription) -> None:
        if subscription.awaits:
            self._awaiting[subscription] = session
        else:
            self._awaiting.pop(subscription, None)

    def notify(self, text: str, sender: str, ts: int, to: str | None = None) -> int:
        """Tell all who are connected, or those of the name ``to``; returns how many. Who lags gets it later.

        Raises ``ValueError`` for a text that can't be shown, or has more than ``limits.text_chars``.
        """
        notice = Notice(text=proper_text(text, self.limits.text_chars), sender=sender, ts=ts)
        return self.notices.tell(notice, (each for each in self.sessions if each.hears and to in (None, each.name)))

    # Time

    @property
    def rates(self) -> set[float]:
        """The rates above 0 that have clients: these want ``beat`` calls."""
        return self.lanes.rates | {SLOWEST_HZ} if self.market.observed else self.lanes.rates

    @property
    def interval_s(self) -> float:
        """How often somebody looks at what is published, in seconds; 0 is at once, and at least it is now and then."""
        return 0.0 if self.lanes.at_once else 1 / max(self.lanes.rates | {SLOWEST_HZ})

    def beat(self, rate_hz: float, ts: int) -> None:
        """A beat of the lanes of one rate. To be called ``rate_hz`` times a second."""
        self.apply_pending()
        self.lanes.beat(rate_hz, ts)

    def flush(self, ts: int) -> None:
        """Send what goes out at once. To be called at the end of a turn in which something was published."""
        if self.lanes.at_once:
            self.apply_pending()
            self.lanes.beat(0, ts)

    @property
    def waiting(self) -> bool:
        """Whether some client needs ``poll``: a snapshot under way, or a reader at once that lags."""
        return self.lanes.waiting or any(handler.waiting for handler in self._op_handlers)

    def poll(self, ts: int) -> None:
        """Go on with those clients that have become ready. To be called every few milliseconds while ``waiting``."""
        self.lanes.poll(ts)
        for handler in self._op_handlers:
            handler.poll(ts)

    def heartbeat(self, ts: int) -> None:
        """Tell those who have heard nothing for a while. To be called ``HEARTBEAT_STEPS`` times a heartbeat."""
        made: dict[tuple[str, int], bytes] = {}
        state = self._feed_state()
        for session in self.sessions:
            if not session.silent(HEARTBEAT_STEPS - 1) or not session.outlet.ready():
                continue
            version = session.ticker.version
            if session.ticker.group is not None:
                # In step it has all of the lane's last beat, or more, if it was caught up since.
                version = max(version, self.lanes.of(session.ticker).version)
            key = session.codec.name, version
            if key not in made:
                made[key] = session.codec.encode(Heartbeat(version=version, ts=ts, feed=state))
            session.outlet.send(made[key], (HEARTBEAT, version))

    # Questions

    def snapshot(
        self, symbols: Iterable[str], ts: int, may: Entitlements = EVERYTHING, since: Since | None = None
    ) -> Snapshot:
        """The board's values of these symbols (``*``: all), with the version to go on from.

        With ``since``, those that changed after it: all, if it is of another epoch.
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
        # One that is gone is told to those who had it.
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


def _pong(session: Session, ping: Ping) -> bytes:
    """The answer to a ping. A client may send ``data`` in one encoding that the other can't express."""
    try:
        return session.codec.encode(Pong(id=ping.id, data=ping.data))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        text = f"data: can't be encoded as {session.codec.name}: {error}"
        raise ProtocolError("bad-argument", text, ping.id) from None

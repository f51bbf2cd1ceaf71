"""The messages of the wire protocol, as frozen tagged structs. docs/protocol.md describes them.

Client messages are tagged by ``op``, server messages by ``type``. Unknown keys are ignored. A new field of the protocol
is a field here; ``codec`` encodes and decodes.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, get_args

import msgspec

from ticker.wire.limits import Limits

PROTOCOL_VERSION = 1

Id = int | str

#: The channels, and what each carries.
CHANNELS = {
    "ticker": "the fields that changed, conflated to the client's rate",
    "trades": "every trade, in order",
    "quotes": "every quote, in order",
    "bars": "open, high, low, close and volume of an `interval`: each closed bar, and changes of the open one",
}

#: A trade: symbol, timestamp (ns), price, size.
WireTrade = tuple[str, int, float, float]
#: A quote: symbol, timestamp (ns), bid, bid size, ask, ask size. Price and size of an empty side are null.
WireQuote = tuple[str, int, float | None, float | None, float | None, float | None]
#: A bar: symbol, start (ns), open, high, low, close, volume, vwap, trades, closed. Unknown values are null.
WireBar = tuple[str, int, float, float, float, float, float, float | None, float | None, bool]
#: A trade for clients with revisions: as above, its conditions, the feed's id (0: none), and what it changes: null for
#: a new trade, ``late`` for one older than the newest of its symbol, ``cancel`` and ``correct`` for the trade of this
#: id (with the values that it had, and with the right ones).
WireTradeRevision = tuple[str, int, float, float, tuple[str, ...], int, Literal["late", "cancel", "correct"] | None]
#: What a trade of the market's ring changes, by its number there.
CHANGES: Final[tuple[Literal["late", "cancel", "correct"] | None, ...]] = (None, "late", "cancel", "correct")
#: A bar for clients with revisions: as above, its revision (0: the first closing), and whether trades of it are
#: missing. Prices are null, and the volume 0, for a bar whose trades were all cancelled.
WireBarRevision = tuple[
    str, int, float | None, float | None, float | None, float | None, float, float | None, float | None, bool, int, bool
]
#: The changed fields of a symbol and their values; null for a field that has no value any more.
Fields = dict[str, int | float | None]


class Since(msgspec.Struct, frozen=True):
    """The client's position: its version, and the epoch that the version belongs to."""

    epoch: str
    version: int


class _Op(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="op"):
    id: Id | None = None


class Subscribe(_Op, frozen=True, kw_only=True, tag="subscribe"):
    """Add symbols to a channel's watchlist. ``rate`` applies to the connection; ``since`` resumes.

    With ``revisions``, `trades` has conditions, ids and corrections, and `bars` has revised bars. It applies to the
    channel (of `bars`: to the interval) until a later subscribe of it says otherwise.
    """

    symbols: list[str]
    channel: str = "ticker"
    interval: str | None = None
    rate: float | None = None
    since: Since | None = None
    revisions: bool | None = None


class Unsubscribe(_Op, frozen=True, kw_only=True, tag="unsubscribe"):
    """Remove symbols from a channel's watchlist; ``["*"]`` removes all."""

    symbols: list[str]
    channel: str = "ticker"
    interval: str | None = None


class Ping(_Op, frozen=True, kw_only=True, tag="ping"):
    """Request a pong with the same ``data``."""

    data: Any = None


class Alert(_Op, frozen=True, kw_only=True, tag="alert"):
    """Set an alert on a symbol, with the condition ``when``. An alert with the same ``id`` is replaced.

    ``hysteresis`` is the distance that the value must go back before the alert fires again. ``owner`` is required when
    authentication is disabled.
    """

    symbol: str
    when: str
    once: bool = True
    hysteresis: float | None = None
    owner: str | None = None


class Alerts(_Op, frozen=True, kw_only=True, tag="alerts"):
    """Request the owner's alerts, and those that fired after number ``since``."""

    owner: str | None = None
    since: int | None = None


class Unalert(_Op, frozen=True, kw_only=True, tag="unalert"):
    """Remove the alert ``id``; ``"*"`` removes all."""

    owner: str | None = None


class Join(_Op, frozen=True, kw_only=True, tag="join"):
    """Join a room; ``since`` resumes. ``name`` is used when authentication is disabled."""

    room: str
    name: str | None = None
    since: Since | None = None


class Say(_Op, frozen=True, kw_only=True, tag="say"):
    """Send a text to all members of a room."""

    room: str
    text: str


class Leave(_Op, frozen=True, kw_only=True, tag="leave"):
    """Leave a room."""

    room: str


PriceMessage = Subscribe | Unsubscribe | Ping
DeskMessage = Alert | Alerts | Unalert | Join | Say | Leave
ClientMessage = PriceMessage | DeskMessage
CLIENT_MESSAGES: dict[str, type[ClientMessage]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(ClientMessage)
}


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    pass


class Welcome(_Message, frozen=True, kw_only=True, tag="welcome"):
    """The first message. Sent again when a new epoch begins: all values and versions are then void."""

    server: str
    protocol: int
    epoch: str
    #: The server sends something at least this often, in seconds.
    heartbeat: float
    limits: Limits


class Subscribed(_Message, frozen=True, kw_only=True, tag="subscribed"):
    """The channel's whole watchlist after a subscribe, the rate granted, and the rejected symbols with reasons.

    ``revisions``: whether the subscription has them.
    """

    id: Id | None = None
    channel: str
    interval: str | None = None
    symbols: list[str]
    rate: float
    revisions: bool = False
    rejected: dict[str, str] = {}


class Unsubscribed(_Message, frozen=True, kw_only=True, tag="unsubscribed"):
    """The channel's watchlist after an unsubscribe."""

    id: Id | None = None
    channel: str
    interval: str | None = None
    symbols: list[str]


class Update(_Message, frozen=True, kw_only=True, tag="update"):
    """The fields that changed between version ``since`` and ``version``; null for a symbol that was removed.

    ``ts`` is the server's clock (ns) when the update was made.
    """

    since: int
    version: int
    ts: int
    data: dict[str, Fields | None]


class TradesMessage(_Message, frozen=True, kw_only=True, tag="trades"):
    """The watchlist's trades with numbers above ``since`` up to ``version``, and the number lost per symbol."""

    since: int
    version: int
    #: Rows of ``WireTrade``, or of ``WireTradeRevision`` with revisions; the codec checks them.
    data: list[tuple[Any, ...]]
    lost: dict[str, int] = {}


class QuotesMessage(_Message, frozen=True, kw_only=True, tag="quotes"):
    """The watchlist's quotes with numbers above ``since`` up to ``version``, and the number lost per symbol."""

    since: int
    version: int
    data: list[WireQuote]
    lost: dict[str, int] = {}


class BarsMessage(_Message, frozen=True, kw_only=True, tag="bars"):
    """Bars of one interval: closed ones with numbers above ``since`` up to ``version``, and open ones that changed.

    ``lost`` counts closed bars.
    """

    interval: str
    since: int
    version: int
    #: Rows of ``WireBar``, or of ``WireBarRevision`` with revisions; the codec checks them.
    data: list[tuple[Any, ...]]
    lost: dict[str, int] = {}


FeedStateName = Literal["live", "quiet", "stale", "paused", "ended"]


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """The feed's state. ``ts`` is the timestamp (ns) of its newest tick, null before the first."""

    MEANINGS: ClassVar[dict[str, str]] = {
        "live": "Ticks arrive.",
        "quiet": "The feed works, but there were no ticks for a while.",
        "stale": "The feed failed and is being restarted; prices are old.",
        "paused": "The feed is paused.",
        "ended": "The feed has ended; there will be no more ticks.",
    }

    state: FeedStateName
    ts: int | None


class Heartbeat(_Message, frozen=True, kw_only=True, tag="heartbeat"):
    """Sent after ``welcome.heartbeat`` seconds of silence. ``version`` is the client's version of `ticker`."""

    version: int
    ts: int
    feed: FeedState


class Pong(_Message, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping."""

    id: Id | None = None
    data: Any = None


AlertState = Literal["waiting", "held", "fired"]


class AlertRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert in ``AlertList``. ``count`` is how often it has fired.

    ``waiting``: it may fire. ``held``: it has fired, and may fire again once the value has gone back. ``fired``: it has
    fired, and will not fire again.
    """

    id: Id
    symbol: str
    when: str
    once: bool
    hysteresis: float
    state: AlertState
    count: int = 0


class AlertList(_Message, frozen=True, kw_only=True, tag="alerts"):
    """All alerts of the owner, sent after each change; ``seq`` is the number of the last firing."""

    id: Id | None = None
    alerts: list[AlertRow]
    seq: int


class Fired(_Message, frozen=True, kw_only=True, tag="alert"):
    """An alert fired: ``value`` came with the tick of timestamp ``ts``. ``seq`` counts the owner's firings.

    ``lost`` counts earlier firings that the server has dropped.
    """

    id: Id
    symbol: str
    when: str
    value: float
    ts: int
    seq: int
    lost: int = 0


class Notice(_Message, frozen=True, kw_only=True, tag="notice", rename={"sender": "from"}):
    """A text from the server's operator. ``ts`` is the server's clock (ns)."""

    text: str
    sender: str
    ts: int


class Joined(_Message, frozen=True, kw_only=True, tag="joined"):
    """The client is in a room as ``name``, with the members ``names``. Earlier texts follow, up to number ``seq``.

    In another ``epoch`` the numbers start again.
    """

    id: Id | None = None
    room: str
    name: str
    names: list[str]
    epoch: str
    seq: int


class Said(_Message, frozen=True, kw_only=True, tag="said", rename={"sender": "from"}):
    """A text in a room; for its sender, the answer to ``say``, with the ``id``.

    ``lost`` counts earlier texts that the server has dropped.
    """

    id: Id | None = None
    room: str
    sender: str
    text: str
    seq: int
    ts: int
    lost: int = 0


class Present(_Message, frozen=True, kw_only=True, tag="present"):
    """The members of a room, sent after a client joined or left."""

    room: str
    names: list[str]


class Left(_Message, frozen=True, kw_only=True, tag="left"):
    """The client has left a room. Without ``id``: the operator has removed the room."""

    id: Id | None = None
    room: str


class Error(_Message, frozen=True, kw_only=True, tag="error"):
    """A client's message was rejected. The connection stays open unless the code has a close code."""

    id: Id | None = None
    code: str
    message: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `GET /v1/snapshot`. A client can resume from it with ``since``."""

    epoch: str
    version: int
    ts: int
    data: dict[str, Fields | None]
    rejected: dict[str, str] = {}


ServerMessage = (
    Welcome
    | Subscribed
    | Unsubscribed
    | Update
    | TradesMessage
    | QuotesMessage
    | BarsMessage
    | Heartbeat
    | Pong
    | AlertList
    | Fired
    | Notice
    | Joined
    | Said
    | Present
    | Left
    | Error
)

"""The wire protocol: messages of both directions as frozen tagged values. See docs/protocol.md.

Client messages are tagged by ``op``, server messages by ``type``. Unknown keys are ignored. This module knows no
encoding: ``codec`` turns these into bytes and back.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from ticker.wire.limits import Limits

PROTOCOL_VERSION = 1

Id = int | str

#: The channels, and what each carries.
CHANNELS = {
    "ticker": "the fields that changed, conflated to the client's rate",
    "trades": "every trade, in order",
    "quotes": "every quote, in order",
    "bars": "open, high, low, close and volume of an `interval`: each closed bar, and the one under way as it changes",
}

#: A trade on the wire: symbol, stamp (ns), price, size.
WireTrade = tuple[str, int, float, float]
#: A quote on the wire: symbol, stamp (ns), bid, its size, ask, its size; a side without a price is null twice.
WireQuote = tuple[str, int, float | None, float | None, float | None, float | None]
#: A bar on the wire: symbol, start (ns), open, high, low, close, volume, vwap, trades, whether it is closed. What isn't
#: known is null.
WireBar = tuple[str, int, float, float, float, float, float, float | None, float | None, bool]
#: What changed of a symbol: field to value, null for a field that lost its value.
Fields = dict[str, int | float | None]


class Since(msgspec.Struct, frozen=True):
    """Where a client was: the version it has, and the epoch that the version counts in."""

    epoch: str
    version: int


class _Op(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="op"):
    id: Id | None = None


class Subscribe(_Op, frozen=True, kw_only=True, tag="subscribe"):
    """Add symbols to a channel's watchlist. ``rate`` is the connection's, ``since`` resumes."""

    symbols: list[str]
    channel: str = "ticker"
    interval: str | None = None
    rate: float | None = None
    since: Since | None = None


class Unsubscribe(_Op, frozen=True, kw_only=True, tag="unsubscribe"):
    """Take symbols from a channel's watchlist; ``["*"]`` takes all."""

    symbols: list[str]
    channel: str = "ticker"
    interval: str | None = None


class Ping(_Op, frozen=True, kw_only=True, tag="ping"):
    """Ask for a pong with the same ``data``."""

    data: Any = None


class Alert(_Op, frozen=True, kw_only=True, tag="alert"):
    """Be told when a symbol gets to where ``when`` says. ``id`` names the alert; one of that name is replaced.

    ``hysteresis`` is how far the value has to go back before the alert may fire again, in its own unit. ``owner`` is
    whose the alert is, where the server doesn't ask who one is.
    """

    symbol: str
    when: str
    once: bool = True
    hysteresis: float | None = None
    owner: str | None = None


class Alerts(_Op, frozen=True, kw_only=True, tag="alerts"):
    """Ask for one's alerts, and for those again that fired after number ``since``."""

    owner: str | None = None
    since: int | None = None


class Unalert(_Op, frozen=True, kw_only=True, tag="unalert"):
    """Remove the alert that ``id`` names; ``"*"`` removes all."""

    owner: str | None = None


class Join(_Op, frozen=True, kw_only=True, tag="join"):
    """Come into a room, as ``name`` where the server doesn't know one's name; ``since`` resumes."""

    room: str
    name: str | None = None
    since: Since | None = None


class Say(_Op, frozen=True, kw_only=True, tag="say"):
    """Say something to all who are in a room."""

    room: str
    text: str


class Leave(_Op, frozen=True, kw_only=True, tag="leave"):
    """Go out of a room."""

    room: str


PriceMessage = Subscribe | Unsubscribe | Ping
DeskMessage = Alert | Alerts | Unalert | Join | Say | Leave
ClientMessage = PriceMessage | DeskMessage
CLIENT_MESSAGES: dict[str, type[ClientMessage]] = {
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "ping": Ping,
    "alert": Alert,
    "alerts": Alerts,
    "unalert": Unalert,
    "join": Join,
    "say": Say,
    "leave": Leave,
}


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    pass


class Welcome(_Message, frozen=True, kw_only=True, tag="welcome"):
    """The first message. It comes again in mid-connection when a new epoch begins: forget all values and versions."""

    server: str
    protocol: int
    epoch: str
    #: Seconds after which silence means trouble.
    heartbeat: float
    limits: Limits


class Subscribed(_Message, frozen=True, kw_only=True, tag="subscribed"):
    """The whole watchlist of the channel after a subscribe, the rate granted, and what was rejected and why."""

    id: Id | None = None
    channel: str
    interval: str | None = None
    symbols: list[str]
    rate: float
    rejected: dict[str, str] = {}


class Unsubscribed(_Message, frozen=True, kw_only=True, tag="unsubscribed"):
    """What is left of the channel's watchlist."""

    id: Id | None = None
    channel: str
    interval: str | None = None
    symbols: list[str]


class Update(_Message, frozen=True, kw_only=True, tag="update"):
    """The fields that changed after version ``since``; with them a client that had ``since`` has ``version``.

    A symbol that is gone comes as null. ``ts`` is the server's clock (ns) when the update was made.
    """

    since: int
    version: int
    ts: int
    data: dict[str, Fields | None]


class TradesMessage(_Message, frozen=True, kw_only=True, tag="trades"):
    """Every trade of the watchlist after number ``since`` up to number ``version``, and how many were lost."""

    since: int
    version: int
    data: list[WireTrade]
    lost: dict[str, int] = {}


class QuotesMessage(_Message, frozen=True, kw_only=True, tag="quotes"):
    """Every quote of the watchlist after number ``since`` up to number ``version``, and how many were lost."""

    since: int
    version: int
    data: list[WireQuote]
    lost: dict[str, int] = {}


class BarsMessage(_Message, frozen=True, kw_only=True, tag="bars"):
    """Bars of one interval. Closed ones are numbered as ticks are: here are those after ``since`` up to ``version``.

    A bar under way comes as it is now, and comes again when it has changed. ``lost`` counts closed ones.
    """

    interval: str
    since: int
    version: int
    data: list[WireBar]
    lost: dict[str, int] = {}


FeedStateName = Literal["live", "quiet", "stale", "paused", "ended"]


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How the feed is: ``ts`` is the stamp (ns) of its newest tick, null before the first."""

    MEANINGS: ClassVar[dict[str, str]] = {
        "live": "ticks are coming",
        "quiet": "the feed works, but nothing has ticked for a while",
        "stale": "the feed is down; it is being restarted, and prices are old",
        "paused": "someone paused the feed",
        "ended": "the feed has come to its end; no more ticks will come",
    }

    state: FeedStateName
    ts: int | None


class Heartbeat(_Message, frozen=True, kw_only=True, tag="heartbeat"):
    """Nothing else was sent for ``welcome.heartbeat`` seconds. ``version`` is the ticker version the client has."""

    version: int
    ts: int
    feed: FeedState


class Pong(_Message, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping."""

    id: Id | None = None
    data: Any = None


AlertState = Literal["waiting", "held", "fired"]


class AlertRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert, as its owner is told it.

    ``waiting``: it may fire. ``held``: it has, and may again when the value has gone back. ``fired``: it has, and that
    was all. ``count``: how often.
    """

    id: Id
    symbol: str
    when: str
    once: bool
    hysteresis: float
    state: AlertState
    count: int = 0


class AlertList(_Message, frozen=True, kw_only=True, tag="alerts"):
    """All alerts of the owner, after each change; ``seq`` is the number of the last that fired."""

    id: Id | None = None
    alerts: list[AlertRow]
    seq: int


class Fired(_Message, frozen=True, kw_only=True, tag="alert"):
    """An alert fired: ``value`` is what the tick of stamp ``ts`` brought. ``seq`` counts what fired for this owner.

    ``lost``: so many before this one were too old to be kept.
    """

    id: Id
    symbol: str
    when: str
    value: float
    ts: int
    seq: int
    lost: int = 0


class Notice(_Message, frozen=True, kw_only=True, tag="notice", rename={"sender": "from"}):
    """What the server's operator wants people to know. ``ts`` is the server's clock (ns)."""

    text: str
    sender: str
    ts: int


class Joined(_Message, frozen=True, kw_only=True, tag="joined"):
    """One is in a room, as ``name``, with ``names``. What was said before follows; ``seq`` numbers the last of it.

    The numbers count in ``epoch``: with another, they began anew.
    """

    id: Id | None = None
    room: str
    name: str
    names: list[str]
    epoch: str
    seq: int


class Said(_Message, frozen=True, kw_only=True, tag="said", rename={"sender": "from"}):
    """Somebody said something in a room. To whoever did it is the answer, with the ``id``.

    ``lost``: so much before it was too old to be kept.
    """

    id: Id | None = None
    room: str
    sender: str
    text: str
    seq: int
    ts: int
    lost: int = 0


class Present(_Message, frozen=True, kw_only=True, tag="present"):
    """Who is in a room now: after somebody came or went."""

    room: str
    names: list[str]


class Left(_Message, frozen=True, kw_only=True, tag="left"):
    """One is out of a room."""

    id: Id | None = None
    room: str


class Error(_Message, frozen=True, kw_only=True, tag="error"):
    """A message of the client's that could not be done. The connection stays, unless the code's row says otherwise."""

    id: Id | None = None
    code: str
    message: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `GET /v1/snapshot`: a client can go on from it with ``since``."""

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

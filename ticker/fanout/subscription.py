"""What one client watches on one channel, and how much of it the client has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from ticker.fanout.watchlist import Watchlist, Watchlists
from ticker.wire.codec import Codec


class Topic(NamedTuple):
    """What can be subscribed to."""

    channel: str
    #: Of `bars`; empty for other channels.
    interval: str = ""


TICKER = Topic("ticker")
#: Not subscribed to: marks heartbeats for outlets.
HEARTBEAT = Topic("heartbeat")
#: A topic, and the version of it that a client has after a frame.
Position = tuple[Topic, int]


class Outlet(Protocol):
    """Where a client's frames go: a connection of the server, or a test. No method may wait or raise."""

    #: How many frames were sent.
    frames: int

    def ready(self) -> bool:
        """Whether all frames sent so far have left."""

    def send(self, payload: bytes, position: Position | None = None) -> None:
        """Send the frame. ``position`` is where it brings the client, if it belongs to a topic."""

    def offer(self, payload: bytes, position: Position) -> bool:
        """Send the frame if ``ready``. Returns whether it was sent."""


class Subscription:
    """A watchlist and a position in one channel. The channel's module in this package adds the rest of the position."""

    #: Whether frames come at the client's rate. If not, each tick is sent at once.
    has_rate: ClassVar[bool] = True
    #: Whether the channel has revisions.
    has_revisions: ClassVar[bool] = False

    __slots__ = (
        "_size", "_watchlists", "answered", "awaits", "codec", "everything", "group", "names", "outlet", "partway",
        "rate_hz", "revisions", "topic", "version", "watchlist", "within",
    )  # fmt: skip

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists, topic: Topic, rate_hz: float) -> None:
        self.outlet = outlet
        self.codec = codec
        self.topic = topic
        #: The rate of its lane; 0 is at once.
        self.rate_hz = rate_hz
        #: Whether the client gets conditions, corrections and revised bars, on channels that have them.
        self.revisions = False
        #: The names asked for, in that order, each with its row (None: no such symbol yet).
        self.names: dict[str, int | None] = {}
        self.everything = False
        #: With ``everything``: the rows that the client is entitled to. None: all.
        self.within: set[int] | None = None
        self.watchlist: Watchlist = watchlists.of(())
        #: Whether symbols that appear later may have to be added.
        self.awaits = False
        #: Its group while it is up to date; None while it is behind, or watches nothing.
        self.group: Group[Any] | None = None
        self._watchlists = watchlists
        self._size = 0
        self.seek(0)

    def seek(self, version: int) -> None:
        """The client has its watchlist as of ``version``."""
        #: The version of the last frame that the client was sent.
        self.version = version
        #: Whether a frame was sent since the last subscribe. The first frame goes out even if it is empty.
        self.answered = False
        #: Whether the last frame was a part, and more parts follow.
        self.partway = False

    @property
    def empty(self) -> bool:
        return not (self.names or self.everything)

    def symbols(self) -> list[str]:
        """The watchlist as the client is told it."""
        return ["*"] if self.everything else list(self.names)

    def watch(self, names: Mapping[str, int | None], entitled: Iterable[int] = ()) -> bool:
        """Add names with their rows (None: no such symbol yet), and the rows ``entitled`` to ``within``.

        Returns whether the subscription changed, as do the next three methods.
        """
        self.names.update(names)
        if self.within is not None:
            self.within.update(entitled)
        return self._refresh()

    def watch_everything(self, within: Iterable[int] | None = None) -> bool:
        """Watch all symbols; with ``within``, only those rows, and rows that ``watch`` adds as symbols appear."""
        self.everything = True
        self.within = None if within is None else (self.within or set()).union(within)
        return self._refresh()

    def unwatch(self, names: Iterable[str]) -> bool:
        """Remove names; those that are not watched are ignored."""
        for name in names:
            self.names.pop(name, None)
        return self._refresh()

    def unwatch_everything(self) -> bool:
        self.everything = False
        self.within = None
        self.names.clear()
        return self._refresh()

    def _refresh(self) -> bool:
        before = self.watchlist, self.awaits, self._size
        if self.everything and self.within is None:
            self.watchlist = self._watchlists.everything
        else:
            rows = {row for row in self.names.values() if row is not None}
            self.watchlist = self._watchlists.of(rows | self.within if self.within else rows)
        self.awaits = self.within is not None or None in self.names.values()
        self._size = len(self.names)
        # Equal watchlists are one object: comparing them costs nothing.
        return (self.watchlist, self.awaits, self._size) != before


S = TypeVar("S", bound=Subscription)


class Group(Generic[S]):
    """Subscriptions of one lane that are up to date and have equal watchlists.

    ``version`` is the version of the last frame to all of them; a member that joined later may have a newer one.
    """

    __slots__ = ("members", "version", "watchlist")

    def __init__(self, watchlist: Watchlist, version: int) -> None:
        self.watchlist = watchlist
        self.version = version
        self.members: dict[S, None] = {}

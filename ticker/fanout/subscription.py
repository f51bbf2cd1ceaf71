"""What one client has of one channel, and the next frame that brings it nearer to the hub.

A subscription is a watchlist and a position. As long as its client reads, it is a member of a group whose frames are
shared; when the client lags or is new, ``take`` makes frames for it alone until it is in step again. Nothing is ever
queued. This module knows no socket and no clock: readiness and stamps are told to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from ticker.fanout.conflation import Account, Ledger
from ticker.fanout.tick_cache import EncodedTicks
from ticker.fanout.watchlist import Watchlist, Watchlists
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import Codec

if TYPE_CHECKING:
    from ticker.fanout.audience import Group

#: No fragment of a symbol is longer than this: a name of 64 characters (256 bytes), 14 fields and their numbers.
SYMBOL_BYTES = 1024
#: No fragment of a tick is longer than this: a name, a stamp and four numbers.
TICK_BYTES = 512
#: Ticks looked at in one go when a reader lags: what a step of catching up may cost.
SCAN = 32_768


class Outlet(Protocol):
    """Where frames go. Nothing here may wait or raise.

    ``ready`` is whether everything sent before has left; ``offer`` sends if it has, and tells whether it did.
    """

    #: How many were sent.
    frames: int

    def ready(self) -> bool: ...

    def send(self, payload: bytes) -> None: ...

    def offer(self, payload: bytes) -> bool: ...


class Subscription:
    """A watchlist and a position in one channel. The base of each kind."""

    __slots__ = (
        "_watchlists",
        "awaits",
        "codec",
        "empty",
        "everything",
        "group",
        "names",
        "outlet",
        "told",
        "version",
        "watchlist",
        "within",
    )

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists) -> None:
        self.outlet = outlet
        self.codec = codec
        self._watchlists = watchlists
        #: The names asked for, in their order, each with its row (None: it has not appeared yet).
        self.names: dict[str, int | None] = {}
        self.everything = False
        #: With ``everything``: the rows that this is for a client that may not see all; None for one that may.
        self.within: set[int] | None = None
        self.watchlist: Watchlist = watchlists.of(())
        self.empty = True
        #: Whether symbols that appear later may have to be added to it.
        self.awaits = False
        #: The version that the client was last told.
        self.version = 0
        #: Whether it was told one. The first frame does so, be there anything else to tell or not.
        self.told = False
        #: Where it gets its frames from, while it is in step.
        self.group: Group[Any] | None = None

    def symbols(self) -> list[str]:
        """The watchlist as the client is told it."""
        return ["*"] if self.everything else list(self.names)

    def watch(self, names: Mapping[str, int | None], seen: Iterable[int] = ()) -> bool:
        """Add names with their rows (None: no such symbol yet), and to ``within`` the rows ``seen``.

        Returns whether the subscription changed, as do the three methods below.
        """
        self.names.update(names)
        if self.within is not None:
            self.within.update(seen)
        return self._refresh()

    def watch_everything(self, within: Iterable[int] | None = None) -> bool:
        """Watch all symbols; with ``within``, only those rows (``watch`` adds rows as symbols appear)."""
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
        before = self.watchlist, self.empty, self.awaits
        if self.everything and self.within is None:
            self.watchlist = self._watchlists.everything
        else:
            rows = {row for row in self.names.values() if row is not None}
            self.watchlist = self._watchlists.of(rows | self.within if self.within else rows)
        self.empty = not (self.names or self.everything)
        self.awaits = self.within is not None or None in self.names.values()
        # Equal watchlists are one object: comparing them costs nothing.
        return (self.watchlist, self.empty, self.awaits) != before


class TickerSubscription(Subscription):
    """The `ticker` channel of one client: ``since(version)`` over its watchlist, in parts where it is much."""

    __slots__ = ("_blank", "_fresh", "_passing", "_pending", "_target", "account", "rate_hz")

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists, rate_hz: float) -> None:
        super().__init__(outlet, codec, watchlists)
        #: The rate of the lane that it is filed in.
        self.rate_hz = rate_hz
        self.account = Account()
        #: Rows of which the client has nothing, while it has the others as of ``version``.
        self._fresh: set[int] = set()
        # Whether the client has nothing at all, so that it need not be told of values that are lost.
        self._blank = True
        # A pass over what the client lacks: the rows still to go, those of them that go whole, and the version that
        # the client will have when all have gone.
        self._pending: npt.NDArray[np.intp] | None = None
        self._passing: set[int] = set()
        self._target = 0

    @property
    def partway(self) -> bool:
        """Whether a part has gone and others are still to follow."""
        return self._pending is not None

    def extend(self, rows: Iterable[int], position: int | None) -> None:
        """``rows`` were added: the client has them as of version ``position``, or (None) not at all."""
        self.told = False
        if position is not None:
            self.version = min(self.version, position)
            # A pass under way began without these rows: it ends no further than where the client is in them.
            self._target = min(self._target, position)
        else:
            self._fresh.update(rows)

    @property
    def whole(self) -> bool:
        """Whether the client has something of every row that it watches."""
        return self.told and not self._fresh and self._pending is None

    def reset(self, version: int = 0) -> None:
        """The client has what it watches as of ``version``; as of 0, that is nothing."""
        self.version = version
        self.told = False
        self._blank = version == 0
        self._fresh.clear()
        self._passing.clear()
        self._pending = None

    def take(self, board: Board, ts: int, frame_bytes: int, ledger: Ledger) -> bytes:
        """The next frame for this client alone: everything that it lacks, or a part of at most ``frame_bytes``."""
        if self._pending is None:
            self._target = board.version
            # Swapped, not copied: what is subscribed to during the pass waits for the next.
            self._passing, self._fresh = self._fresh, set()
            self._pending = self._lacking(board)
        size = max(1, frame_bytes // SYMBOL_BYTES)
        part, self._pending = self._pending[:size], self._pending[size:]
        since = self.version
        self.told = True
        if not len(self._pending):
            self.version = self._target
            self._pending = None
        if not self.watchlist.everything:
            members = self.watchlist.members
            part = np.array([row for row in part.tolist() if row in members], np.intp)
        passing = self._passing
        fresh = np.fromiter((self._blank or row in passing for row in part.tolist()), np.bool_, len(part))
        delta = board.since(since, part, fresh)
        ledger.told(self.account, board.index(delta.rows))
        fragments = self.codec.changes(delta)
        if self._pending is None:
            self._passing = set()
            self._blank = False
        return self.codec.update(since, self.version, ts, fragments)

    def _lacking(self, board: Board) -> npt.NDArray[np.intp]:
        changed = board.changed(self.version, None if self.watchlist.everything else self.watchlist.rows)
        if not self._passing:
            return changed
        return np.union1d(changed, np.fromiter(self._passing, np.intp, len(self._passing)))


class TapeSubscription(Subscription):
    """The `trades` or `quotes` of one client: every tick of its watchlist, and a count of those it lost."""

    __slots__ = ("channel", "cursor", "lost")

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists, channel: str) -> None:
        super().__init__(outlet, codec, watchlists)
        self.channel = channel
        #: Up to here every tick of the watchlist was sent or counted as lost; at or after ``version``.
        self.cursor = 0
        self.lost: dict[str, int] = {}

    def count_lost(self, ring: Ring, board: Board) -> None:
        """Count what has left the ring before this client could get it. Exact, as long as it is done often enough."""
        tail = ring.tail
        if self.cursor >= tail:
            return
        if self.cursor < ring.counted:
            # Older than the ring remembers symbols for: what is known is how many there were in all.
            self.lost["*"] = self.lost.get("*", 0) + ring.counted - self.cursor
            self.cursor = ring.counted
        counts = np.bincount(ring.rows(self.cursor, tail))
        for row in np.flatnonzero(counts).tolist():
            if row in self.watchlist:
                name = board.names[row]
                self.lost[name] = self.lost.get(name, 0) + int(counts[row])
        self.cursor = tail

    def take(self, ring: Ring, encoded: EncodedTicks, upto: int, frame_bytes: int) -> bytes:
        """The next frame for this client alone, of ticks up to number ``upto``; ``cursor`` tells how far it got.

        ``count_lost`` comes before.
        """
        after = self.cursor
        # What was lost may be newer than what has been sent to anybody yet.
        end = max(after, min(upto, after + SCAN))
        rows = ring.rows(after, end)
        at = self.watchlist.places(rows)
        most = max(1, frame_bytes // TICK_BYTES)
        if len(at) > most:
            at = at[:most]
            end = after + int(at[-1]) + 1
        parts = encoded.parts(after + at + 1, rows[at])
        lost, self.lost = self.lost, {}
        self.told = True
        since, self.version, self.cursor = self.version, end, end
        return self.codec.tape(self.channel, since, end, parts, lost)

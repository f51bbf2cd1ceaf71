"""The feed `random-walk`: a simulated market at a constant rate, for demos and load tests.

It checks the options and publishes the events of ``walk`` through ``feeds.pacing``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np

from feeds.pacing.clock import SYSTEM_CLOCK, Clock
from feeds.pacing.paced_feed import PacedFeed
from feeds.pacing.pacer import Pacer
from feeds.random_walk.market import company, symbols
from feeds.random_walk.walk import Walk
from ticker.errors import OptionError
from ticker.feed.feed import FeedInfo, FeedOptions, flag
from ticker.model import FeedEvent, TickBatch, Watermark, is_symbol

DEFAULT_COUNT: Final = 100
MAX_SYMBOLS: Final = 100_000
MAX_RATE: Final = 200_000
#: The default start of a market with a seed: an opening of the New York exchange.
SEEDED_START: Final = "2026-01-05T14:30:00Z"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_NS: Final = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


class RandomWalkOptions(FeedOptions, frozen=True, kw_only=True):
    """The options of `random-walk`. ``symbols``, ``symbols_file`` and ``count`` exclude each other."""

    symbols: Annotated[tuple[str, ...], msgspec.Meta(description="Symbols, separated by commas.")] = ()
    symbols_file: Annotated[
        str | None,
        msgspec.Meta(description="File of symbols, one per line; # starts a comment.", extra={"paths": True}),
    ] = None
    count: Annotated[
        int | None,
        msgspec.Meta(
            description=f"Number of symbols: 100 well-known ones, then SYM0101, SYM0102, … [default: {DEFAULT_COUNT}]"
        ),
    ] = None
    ticks_per_second: Annotated[
        float, msgspec.Meta(description=f"Trades and quotes per second of all symbols together: 1 to {MAX_RATE:,}.")
    ] = 1000
    seed: Annotated[
        int | None,
        msgspec.Meta(description="Seed of the random numbers: the same seed and options give the same ticks."),
    ] = None
    start: Annotated[
        str | None,
        msgspec.Meta(
            description=f"Start of simulated time: ISO 8601 or 'now'. [default: now; with a seed {SEEDED_START}]"
        ),
    ] = None


class RandomWalk(PacedFeed):
    """A simulated market: geometric Brownian motions of well-known symbols, as quotes and trades.

    It never ends. The first event is a ``Rollover`` with the previous closes. Every symbol then gets a quote and an
    opening trade at once, in addition to the rate. After that, tick k has the timestamp start + k / rate. Trades and
    quotes both count as ticks; there are two to three quotes per trade. As the rate is constant, the U shape of a
    session shows in the volatility and in the sizes and the share of trades. The next session follows after 6.5
    simulated hours, without a gap in the timestamps. Trading days are UTC dates.

    With a ``seed`` every run gives the same bytes, including timestamps, for any pacing and consumer (on one machine
    and numpy version); simulated time then starts at a fixed time. Without a seed one is drawn (see ``seed``), and
    simulated time starts now.

    Overload: late ticks are published at once, none is dropped; a warning has the requested and the actual rate.
    Iterating again continues after the last event. Raises ``OptionError`` for invalid options.
    """

    Options: ClassVar[type[FeedOptions]] = RandomWalkOptions

    def __init__(self, options: RandomWalkOptions, clock: Clock = SYSTEM_CLOCK) -> None:
        names = _symbols(options)
        rate = options.ticks_per_second
        if not 1 <= rate <= MAX_RATE:
            raise OptionError(
                "ticks_per_second", f"{flag('ticks_per_second')} must be from 1 to {MAX_RATE:,}, not {rate:,.10g}"
            )
        if options.seed is not None and options.seed < 0:
            raise OptionError("seed", f"{flag('seed')} must be 0 or more, not {options.seed}")
        self._start_ns = _start(options)
        #: The seed of the random numbers.
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if options.seed is None else options.seed
        self._walk = Walk([company(name) for name in names], rate, np.random.Generator(np.random.PCG64(self.seed)))
        pace = f"{rate:,.10g} ticks per second"
        self._info = FeedInfo(
            symbols=self._walk.table,
            pausable=True,
            watermarks=True,
            title=f"simulated market of {len(names):,} {'symbol' if len(names) == 1 else 'symbols'}, {pace},"
            f" seed {self.seed}",
        )
        super().__init__(Pacer(1, clock, pace_text=pace))
        self._clock = clock
        self._events: Iterator[FeedEvent] | None = None
        #: Events not fully published yet; of the first one, this many trades and quotes are published.
        self._backlog: deque[FeedEvent] = deque()
        self._trades = self._quotes = 0

    @property
    def info(self) -> FeedInfo:
        return self._info

    def collect(self) -> Iterator[FeedEvent]:
        return map(self._given, super().collect())

    @property
    def behind_s(self) -> float:
        """The lateness of the newest ticks in seconds; a few ms are normal."""
        return self._pacer.behind_s

    async def __aiter__(self) -> AsyncGenerator[FeedEvent, None]:
        async with aclosing(self._pacer.pace(self._unpaced())) as paced:
            async for event in paced:
                yield self._given(event)

    async def _unpaced(self) -> AsyncGenerator[FeedEvent, None]:
        if self._events is None:
            walk = self._walk.events(self._clock.time_ns() if self._start_ns is None else self._start_ns)
            # Trading days are those of the calendar; the sessions of the walk only shape its activity.
            self._events = (event for at, event in enumerate(walk) if not at or isinstance(event, TickBatch))
        if self._trades or self._quotes:
            # The previous iteration ended within this batch.
            begun = self._backlog[0]
            assert isinstance(begun, TickBatch)
            self._backlog[0] = TickBatch(begun.table, begun.trades[self._trades :], begun.quotes[self._quotes :])
            self._trades = self._quotes = 0
        for event in tuple(self._backlog):
            yield event
        while True:
            self._backlog.append(next(self._events))
            yield self._backlog[-1]

    def _given(self, event: FeedEvent) -> FeedEvent:
        """Remove a published event or slice from the backlog. Watermarks come from the pacer."""
        if isinstance(event, TickBatch):
            self._trades += len(event.trades)
            self._quotes += len(event.quotes)
        first = self._backlog[0]
        whole = not isinstance(first, TickBatch) or self._trades + self._quotes == len(first)
        if whole and not isinstance(event, Watermark):
            self._backlog.popleft()
            self._trades = self._quotes = 0
        return event


def _symbols(options: RandomWalkOptions) -> list[str]:
    """The distinct symbols of the options, in order."""
    given = {"symbols": bool(options.symbols), "symbols_file": options.symbols_file is not None}
    given["count"] = options.count is not None
    both = [option for option, is_given in given.items() if is_given]
    if len(both) > 1:
        raise OptionError(both[1], f"{' and '.join(map(flag, both))} can't be given together")
    if options.symbols_file is not None:
        return _checked(_lines(options.symbols_file), "symbols_file", f" in {options.symbols_file}")
    if options.symbols:
        return _checked(options.symbols, "symbols", "")
    count = DEFAULT_COUNT if options.count is None else options.count
    if not 1 <= count <= MAX_SYMBOLS:
        raise OptionError("count", f"{flag('count')} must be from 1 to {MAX_SYMBOLS:,}, not {count:,}")
    return symbols(count)


def _lines(path: str) -> list[str]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OptionError("symbols_file", f"{flag('symbols_file')}: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OptionError("symbols_file", f"{flag('symbols_file')}: {path} is not UTF-8 text") from None
    names = [name for line in text.splitlines() if (name := line.partition("#")[0].strip())]
    if not names:
        raise OptionError("symbols_file", f"{flag('symbols_file')}: {path} contains no symbol")
    return names


def _checked(names: Iterable[str], option: str, where: str) -> list[str]:
    distinct = list(dict.fromkeys(names))
    for name in distinct:
        # A name with a space or a comma is a list in a wrong format.
        if not is_symbol(name) or not {" ", ","}.isdisjoint(name):
            raise OptionError(option, f"{flag(option)}: {name[:80]!r}{where} is not a valid symbol")
    if len(distinct) > MAX_SYMBOLS:
        raise OptionError(option, f"{flag(option)}: {len(distinct):,} symbols; the maximum is {MAX_SYMBOLS:,}")
    return distinct


def _start(options: RandomWalkOptions) -> int | None:
    """The start of simulated time in ns since 1970; None: the time of the first event."""
    text = options.start or ("now" if options.seed is None else SEEDED_START)
    if text == "now":
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        start_ns = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        raise OptionError("start", f"{flag('start')}: {text!r} is neither ISO 8601 nor 'now'") from None
    if not 0 < start_ns < _LATEST_NS:
        raise OptionError("start", f"{flag('start')} must be after 1970 and before 2200, not {text}")
    return start_ns

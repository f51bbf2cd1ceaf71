"""The feed `random-walk`: a simulated market at a constant rate, for trying things out and for load.

What the market does is `walk`'s matter, and when it comes `pacing`'s; this module reads the options and joins the two.
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

from feeds.pacing.pacer import SYSTEM_CLOCK, Clock, Pacer
from feeds.random_walk.market import company, symbols
from feeds.random_walk.walk import Walk
from ticker.errors import OptionError
from ticker.feed.feed import FeedInfo, FeedOptions, flag
from ticker.model import FeedEvent, TickBatch, Watermark, is_symbol

DEFAULT_COUNT: Final = 100
MAX_SYMBOLS: Final = 100_000
MAX_RATE: Final = 200_000
#: When a simulated market with a seed begins unless told otherwise: an opening of the New York exchange.
SEEDED_START: Final = "2026-01-05T14:30:00Z"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_NS: Final = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


class RandomWalkOptions(FeedOptions, frozen=True, kw_only=True):
    """The options of `random-walk`. ``symbols``, ``symbols_file`` and ``count`` exclude each other."""

    symbols: Annotated[tuple[str, ...], msgspec.Meta(description="The symbols, separated by commas.")] = ()
    symbols_file: Annotated[
        str | None,
        msgspec.Meta(description="A file of symbols, one a line; # begins a comment.", extra={"paths": True}),
    ] = None
    count: Annotated[
        int | None,
        msgspec.Meta(
            description=f"How many symbols: well-known ones first, then SYM0101, SYM0102, … [default: {DEFAULT_COUNT}]"
        ),
    ] = None
    ticks_per_second: Annotated[
        float, msgspec.Meta(description=f"Trades and quotes a second, of all symbols together: 1 to {MAX_RATE:,}.")
    ] = 1000
    seed: Annotated[
        int | None,
        msgspec.Meta(description="The same seed and options give the same ticks. Without one each run is another."),
    ] = None
    start: Annotated[
        str | None,
        msgspec.Meta(
            description="When the simulated clock begins: ISO 8601 (UTC unless it says otherwise) or 'now'."
            f" [default: now; with a seed {SEEDED_START}]"
        ),
    ] = None


class RandomWalk:
    """A simulated market: geometric Brownian motions of well-known symbols, in quotes and trades.

    It never ends. The first event is a ``Rollover`` with the previous closes; then every symbol has a quote and an
    opening trade at once (beyond the rate asked for); then tick k has the stamp start + k / rate. Trades and quotes
    both count as ticks; there are two to three quotes to a trade. The rate is constant, so the U of a trading day
    shows in volatility, in the trades' sizes and in their share. After 6.5 simulated hours the next day begins at
    once, without a gap in the stamps.

    With a ``seed`` the ticks are the same to the byte in every run, stamps included, however they are paced and
    consumed (on one machine and numpy version). For that the simulated clock then begins at a fixed moment. Without
    a seed it begins now, and ``seed`` tells the one that was drawn.

    Overload: late ticks come at once, none is left out; a warning names the rate asked for and the one reached.
    Iterating again goes on after the last event that was given. Raises ``OptionError`` for options that can't work.
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
        #: What the generator was seeded with.
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if options.seed is None else options.seed
        self._walk = Walk([company(name) for name in names], rate, np.random.Generator(np.random.PCG64(self.seed)))
        pace = f"{rate:,.10g} ticks a second"
        self._info = FeedInfo(
            symbols=self._walk.table,
            pausable=True,
            watermarks=True,
            title=f"simulated market of {len(names):,} {'symbol' if len(names) == 1 else 'symbols'}, {pace},"
            f" seed {self.seed}",
        )
        self._pacer = Pacer(1, clock, asked=pace)
        self._clock = clock
        self._events: Iterator[FeedEvent] | None = None
        #: The walk's events that are not given yet: of the first, so many trades and quotes are.
        self._backlog: deque[FeedEvent] = deque()
        self._trades = self._quotes = 0

    @property
    def info(self) -> FeedInfo:
        return self._info

    @property
    def paused(self) -> bool:
        return self._pacer.paused

    def pause(self) -> None:
        self._pacer.pause()

    def resume(self) -> None:
        self._pacer.resume()

    def attend(self, every_s: float) -> None:
        self._pacer.attend(every_s)

    def collect(self) -> Iterator[FeedEvent]:
        return map(self._given, self._pacer.collect())

    @property
    def behind_s(self) -> float:
        """How late the newest ticks were, in seconds; up to a few ms is normal."""
        return self._pacer.behind_s

    async def __aiter__(self) -> AsyncGenerator[FeedEvent, None]:
        async with aclosing(self._pacer.pace(self._unpaced())) as paced:
            async for event in paced:
                yield self._given(event)

    async def _unpaced(self) -> AsyncGenerator[FeedEvent, None]:
        if self._events is None:
            self._events = self._walk.events(self._clock.time_ns() if self._start_ns is None else self._start_ns)
        if self._trades or self._quotes:
            # It was being given when the iteration before this one ended.
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
        """Note what is given of the walk's events, so that it is not given again. Watermarks are the pacer's."""
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
    """The symbols asked for, each once, in their order."""
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
        raise OptionError("symbols_file", f"{flag('symbols_file')}: {path} is not a text file in UTF-8") from None
    names = [name for line in text.splitlines() if (name := line.partition("#")[0].strip())]
    if not names:
        raise OptionError("symbols_file", f"{flag('symbols_file')}: there is no symbol in {path}")
    return names


def _checked(names: Iterable[str], option: str, where: str) -> list[str]:
    distinct = list(dict.fromkeys(names))
    for name in distinct:
        # A name with a space or a comma in it is a list that was written in another form than the one asked for.
        if not is_symbol(name) or not {" ", ","}.isdisjoint(name):
            raise OptionError(option, f"{flag(option)}: {name[:80]!r}{where} can't be a symbol")
    if len(distinct) > MAX_SYMBOLS:
        raise OptionError(
            option, f"{flag(option)}: {len(distinct):,} symbols, and at most {MAX_SYMBOLS:,} are possible"
        )
    return distinct


def _start(options: RandomWalkOptions) -> int | None:
    """When the simulated clock begins, in ns since 1970; None for the moment of the first event."""
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

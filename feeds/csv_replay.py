"""The feed ``csv``: a file's own ticks or bars, replayed at the pace of their stamps.

Reading happens in a thread, one chunk ahead of the replay. What a file must look like stands in ``csv_layout``, what
a good row is in ``csv_rows``; here is only the order of events: passes, days, failures.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from feeds.csv_reading import CsvReading
from feeds.pacing import SYSTEM_CLOCK, Clock, Pacer
from feeds.sequence import DAY_NS, first_stamp
from ticker.errors import FeedError, OptionError
from ticker.feed import FeedInfo, FeedOptions, flag
from ticker.model import FeedEvent, Restart, Rollover, SymbolTable, TickBatch

log = logging.getLogger(__name__)

#: How far the constructor looks for a good row: a file that has none this far is no file of prices.
LOOK_ROWS: Final = 1_000_000
#: A paced loop over a file of one moment would spin; each of its rounds takes at least so long.
SHORTEST_ROUND_S: Final = 0.1


class CsvOptions(FeedOptions, frozen=True, kw_only=True):
    """The options of ``csv``."""

    path: Annotated[
        str,
        Meta(
            description="The file, .csv or .csv.gz, with a header: timestamp, symbol, and price, size, bid, ask, "
            "bid_size, ask_size or open, high, low, close, volume, in any order."
        ),
    ]
    speed: Annotated[
        float, Meta(ge=0, description="Market seconds a second: 1 as it happened, 60 an hour a minute, 0 at once.")
    ] = 1.0
    loop: Annotated[bool, Meta(description="Begin again at the end of the file.")] = False


class CsvReplay:
    """Replays a CSV file. ``clock`` paces it.

    The constructor reads the header and the first rows: it raises ``OptionError`` or ``FeedError``, with one line
    for the user, for a file that can't be read, lacks a column or has no good row. A bad row later on is counted
    and skipped; the first few are logged.

    A UTC day that begins in the file is a ``Rollover`` of all symbols before its first tick, and so is each new round
    of a loop. Iterated again after a reading error, it goes on behind the last chunk that was replayed whole; iterated
    again otherwise, it begins anew with a ``Restart``. Only one iterator may be at work at a time.
    """

    Options: ClassVar[type[FeedOptions]] = CsvOptions

    def __init__(self, options: CsvOptions, clock: Clock = SYSTEM_CLOCK) -> None:
        if not options.path.strip():
            raise OptionError("path", f"{flag('path')}: the name of a file is needed")
        if not math.isfinite(options.speed):
            raise OptionError("speed", f"{flag('speed')}: a finite number is needed, not {options.speed}")
        self._path = Path(options.path)
        self._speed = options.speed
        self._loop = options.loop
        self._clock = clock
        self._pacer = Pacer(options.speed, clock)
        self._symbols = SymbolTable()
        self._begun = False
        self._failed: CsvReading | None = None
        self._day: int | None = None
        self._kind, self._complete = self._look()

    @property
    def info(self) -> FeedInfo:
        pace = f"at {self._speed:g} times its pace"
        if self._speed in (0, 1):
            pace = "at its own pace" if self._speed else "as fast as it goes"
        return FeedInfo(
            symbols=self._symbols,
            complete=self._complete,
            ends=not self._loop,
            pausable=True,
            title=f"{self._kind} of {self._path.name}, {pace}{', in a loop' if self._loop else ''}",
        )

    @property
    def paused(self) -> bool:
        return self._pacer.paused

    def pause(self) -> None:
        self._pacer.pause()

    def resume(self) -> None:
        self._pacer.resume()

    def __aiter__(self) -> AsyncIterator[FeedEvent]:
        return self._events()

    def _look(self) -> tuple[str, bool]:
        """What the file has, and whether all of its symbols are known already, which is so for a small one."""
        reading = CsvReading(self._path, self._symbols, quiet=True)
        try:
            while not len(self._symbols) and reading.rows < LOOK_ROWS and reading.chunk(rows=1) is not None:
                pass
            if reading.error:
                raise reading.error
        finally:
            reading.close()
        if not reading.rows:
            raise FeedError(f"{self._path}: the file has a header but no rows")
        if not len(self._symbols):
            raise _no_good_row(reading)
        return "bars" if reading.layout and reading.layout.kind == "bars" else "ticks", reading.ended

    async def _events(self) -> AsyncGenerator[FeedEvent, None]:
        reading, self._failed = self._failed, None
        if reading is not None:
            reading.resume()
        elif self._begun:
            self._day = None
            yield Restart()
        self._begun = True
        again = False
        while True:
            started_s = self._clock.monotonic()
            if reading is None:
                reading = CsvReading(self._path, self._symbols, quiet=again)
            try:
                async with aclosing(self._pacer.pace(read_ahead(reading))) as events:
                    async for event in events:
                        if isinstance(event, TickBatch) and self._is_new_day(event):
                            yield Rollover(self._symbols)
                        yield event
            except FeedError:
                self._failed = reading
                raise
            if not reading.ticks:  # there were some when it was looked at: the file is another one now
                raise _no_good_row(reading)
            self._complete = True
            _log_summary(reading, quiet=again)
            if not self._loop:
                return
            if self._speed:
                await self._clock.sleep(max(0.0, started_s + SHORTEST_ROUND_S - self._clock.monotonic()))
            yield Rollover(self._symbols)
            self._day, reading, again = None, None, True

    def _is_new_day(self, batch: TickBatch) -> bool:
        """Whether ``batch`` begins another UTC day than the one before it. A late tick doesn't bring a day back."""
        day, before = first_stamp(batch) // DAY_NS, self._day
        self._day = day if before is None else max(day, before)
        return before is not None and day > before


async def read_ahead(reading: CsvReading) -> AsyncGenerator[TickBatch, None]:
    """The batches of ``reading``, which is read in a thread: the next chunk while this one is used, and no more."""
    pending = _in_thread(reading)
    try:
        while (batches := await asyncio.shield(pending)) is not None:
            pending = _in_thread(reading)
            for batch in batches:
                yield batch
    finally:
        reading.close()


def _in_thread(reading: CsvReading) -> asyncio.Task[list[TickBatch] | None]:
    task = asyncio.create_task(asyncio.to_thread(reading.chunk))
    # A chunk that nobody waits for any more may still fail; that is not worth asyncio's traceback.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _no_good_row(reading: CsvReading) -> FeedError:
    return FeedError(f"{reading.path}: no good row among {reading.rows:,}; the first: {reading.refusals.first}")


def _log_summary(reading: CsvReading, *, quiet: bool) -> None:
    words = f"{reading.path}: read to its end: {reading.rows:,} rows, {reading.ticks:,} ticks"
    if reading.refusals.total:
        words += f"; {reading.refusals}"
    if reading.late:
        words += f"; {reading.late:,} ticks were out of order by more than a chunk and came late"
    level = logging.WARNING if reading.refusals.total or reading.late else logging.INFO
    log.log(logging.DEBUG if quiet else level, "%s", words)

"""The feed ``csv``: replays market-data files at the pace of their timestamps, with controls.

``feeds.files`` reads and sorts the files, ``feeds.pacing`` decides when events are due. This module decides what is
played next: the start, the target of a seek, or another round.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import ClassVar, Final, Literal, Protocol, Self

from feeds.pacing.clock import SYSTEM_CLOCK, Clock
from feeds.pacing.paced_feed import PacedFeed
from feeds.pacing.pacer import Pacer
from feeds.pacing.read_ahead import read_ahead, timed
from feeds.pacing.watermarks import MARK_EVERY_S
from feeds.reached import Reached
from feeds.replay.history import load_history
from feeds.replay.notes import joined_notes
from feeds.replay.options import ReplayOptions, check, max_gap_ns
from ticker.calendar import MarketCalendar
from ticker.feed.feed import FeedInfo, FeedOptions, LoadProgress, ReplayStatus
from ticker.model import BarBatch, FeedEvent, Restart, Settled, SymbolTable, Watermark

#: The minimum duration of a round of a loop: a file of one timestamp would spin.
SHORTEST_ROUND_S: Final = 0.5


class History(Protocol):
    """What is played: a ``Timeline`` of files; tests and benchmarks play generated events."""

    @property
    def table(self) -> SymbolTable: ...

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    @property
    def kinds(self) -> str: ...

    @property
    def time_zone(self) -> str: ...

    @property
    def calendar(self) -> MarketCalendar: ...

    @property
    def calendars(self) -> Mapping[str, MarketCalendar]:
        """The trading days of symbols with other ones than ``calendar``."""

    @property
    def bar_ns(self) -> int | None:
        """The length of the shortest bars; None without bars."""

    @property
    def end(self) -> int:
        """When the last bar and the last trading day end."""

    def events(self, after: int | None = None, upto: int | None = None, *, coarse: bool = False) -> Iterator[FeedEvent]:
        """The events after ``after`` up to and including ``upto``; ``coarse``: in fewer events with the same result."""

    def stretches(self, after: int | None = None, step_ns: int | None = None) -> Iterator[FeedEvent]:
        """Of a history with bars: the events, with marks (``Reached``); coarse with ``step_ns`` (see ``Timeline``)."""

    def close(self) -> None: ...


class Replay(PacedFeed):
    """Replays files of trades, quotes or bars at any speed, from any time.

    The constructor reads the files; it raises ``OptionError`` or ``FeedError``, with one line for the user, if they
    can't be replayed. With ``history``, that is played instead of the files.

    Iterating again after the end starts over with a ``Restart``. After a seek, or after an iteration that was not
    finished, it continues from there: the history up to that time is rebuilt. Only one iterator may be active.
    """

    Options: ClassVar[type[FeedOptions]] = ReplayOptions

    def __init__(
        self,
        options: ReplayOptions,
        clock: Clock = SYSTEM_CLOCK,
        *,
        history: History | None = None,
        progress: Callable[[LoadProgress], None] | None = None,
    ) -> None:
        check(options)
        super().__init__(Pacer(options.speed, clock, max_gap_ns=max_gap_ns(options)))
        self._loop = options.loop
        self._negative_prices = options.allow_negative
        self._notes: tuple[str, ...] = ()
        if history is None:
            history = timeline = load_history(options, progress)
            self._notes = joined_notes(timeline.reports)
        self._history = history
        self._name = _name(options.path)
        self._begun = self._ended = False
        #: The target of a seek that is not reached yet.
        self._target: int | None = None
        self._seeks = 0
        #: How finely bars are read (see ``Timeline.stretches``), the time up to which all events were delivered,
        #: whether none after that was, and the position to go on from.
        self._step_ns: int | None = None
        self._complete: int | None = None
        self._is_between = False
        self._resumed_at: int | None = None
        #: The target of the latest finished jump.
        self._at = self._history.first
        self._sought = asyncio.Event()
        self._arrived = asyncio.Event()
        self._arrived.set()
        self._pacer.place(self._history.first)
        if options.paused:
            self._pacer.pause()

    @classmethod
    def loading(cls, options: ReplayOptions, progress: Callable[[LoadProgress], None]) -> Self:
        """The feed; ``progress`` is called while the files are read."""
        return cls(options, progress=progress)

    def close(self) -> None:
        """Delete the temporary files. Nothing can be played any more."""
        self._history.close()

    @property
    def info(self) -> FeedInfo:
        return FeedInfo(
            symbols=self._history.table,
            ends=not self._loop,
            pausable=True,
            watermarks=True,
            title=f"{self._history.kinds} of {self._name}",
            negative_prices=self._negative_prices,
            notes=self._notes,
            calendar=self._history.calendar,
            calendars=self._history.calendars,
        )

    # The controls

    @property
    def replay(self) -> ReplayStatus:
        history = self._history
        state: Literal["playing", "paused", "ended"] = "paused" if self._pacer.paused else "playing"
        position = self._target
        if position is None:
            position = history.last if self._ended else min(max(self._pacer.position, history.first), history.last)
            state = "ended" if self._ended else state
        return ReplayStatus(
            state=state,
            position=position,
            first=history.first,
            last=history.last,
            speed=self._pacer.speed,
            loop=self._loop,
            time_zone=history.time_zone,
        )

    def step(self, count: int = 1) -> None:
        """Pause, and publish the ticks of the next ``count`` timestamps at once. No effect at the end."""
        if self._target is not None or not self._ended:
            self.pause()
            self._pacer.step(count)

    def pause(self) -> None:
        super().pause()
        self._read_anew()

    def resume(self) -> None:
        super().resume()
        self._read_anew()

    def set_speed(self, speed: float) -> None:
        self._pacer.set_speed(speed)
        self._read_anew()

    def collect(self) -> Iterator[FeedEvent]:
        return (event for event in super().collect() if self._is_published(event))

    def seek(self, ts: int) -> None:
        """Go to the time ``ts`` (ns). A paused replay stays paused. Of several quick seeks the last one counts."""
        self._target = min(max(ts, self._history.first), self._history.last)
        self._seeks += 1
        self._pacer.interrupt()
        self._sought.set()
        self._arrived.clear()

    async def again(self) -> None:
        """Return after a seek."""
        await self._sought.wait()

    async def settled(self) -> None:
        """Return when the latest seek or step is finished."""
        await self._arrived.wait()
        if self.paused and not self._ended:
            await self._pacer.holding.wait()

    # The events

    def __aiter__(self) -> AsyncIterator[FeedEvent]:
        return self._events()

    async def _events(self) -> AsyncGenerator[FeedEvent, None]:
        if self._ended and self._target is None:
            yield Restart()
            self._pacer.place(self._history.first)
            self._begun = False
        if self._begun and self._target is None:
            self.seek(self.replay.position)
        self._begun, self._ended = True, False
        after: int | None = None
        while True:
            if self._target is not None:
                async with aclosing(self._jump()) as events:
                    async for event in events:
                        yield event
                after = self._at
            async with aclosing(self._play(after)) as events:
                async for event in events:
                    yield event
            if self._target is not None or not await self._pacer.rest(0):
                continue
            seeks = self._seeks
            # The end of the last day closes every bar.
            yield Watermark(self._history.end)
            if self._seeks != seeks:
                continue
            if not self._loop:
                self._ended = True
                self._pacer.holding.set()
                return
            if await self._pacer.rest(SHORTEST_ROUND_S):
                yield Restart()
                self._pacer.place(self._history.first)
                after = None

    async def _play(self, after: int | None) -> AsyncGenerator[FeedEvent, None]:
        """The events after ``after``, each when it is due. Ends early for a seek."""
        history, self._complete = self._history, after
        start = history.first if after is None else after
        while True:
            step_ns = self._step_ns = self._wanted_step_ns()
            self._is_between = True
            stretches = history.events(after) if history.bar_ns is None else history.stretches(after, step_ns)
            events = timed(read_ahead(stretches), whole=step_ns is not None)
            async with aclosing(self._pacer.pace(events, start)) as paced:
                async for event in paced:
                    if self._is_published(event):
                        yield event
            if not self._pacer.interrupted or self._target is not None:
                return
            after = self._complete
            start = history.first if after is None else after
            start = start if self._resumed_at is None else max(start, self._resumed_at)
            self._resumed_at = None

    def _wanted_step_ns(self) -> int | None:
        """How much market time one beat takes, if bars are shorter than that; None to read bar by bar."""
        bar_ns, speed = self._history.bar_ns, self._pacer.speed
        if bar_ns is None or self.paused:
            return None
        if not speed:
            return 0
        beat_ns = min(speed * MARK_EVERY_S * 1e9, 2.0**62)
        return int(beat_ns) if beat_ns > bar_ns else None

    def _is_published(self, event: FeedEvent) -> bool:
        """Whether ``event``, which is delivered now, is one for the consumer."""
        if isinstance(event, Reached):
            self._is_between, self._complete = True, event.ts
            self._read_anew()
            return False
        # Bars that are opened ahead of a block of ticks may be opened again.
        if self._step_ns is None or not isinstance(event, BarBatch) or event.closed:
            self._is_between = self._is_between and isinstance(event, Watermark)
        return True

    def _read_anew(self) -> None:
        """Read on in another way, if the pace needs it and all that was read up to some time is delivered."""
        if self._is_between and self._target is None and self._step_ns != self._wanted_step_ns():
            self._resumed_at = self._pacer.position
            self._pacer.interrupt(drop_steps=False)

    async def _jump(self) -> AsyncGenerator[FeedEvent, None]:
        """Rebuild the history up to the target of the seek, hidden from clients; again if there is another seek."""
        while self._target is not None:
            target, seeks = self._target, self._seeks
            self._sought.clear()
            yield Restart(hidden=True)
            async with aclosing(read_ahead(self._history.events(None, target, coarse=True))) as events:
                async for event in events:
                    if self._seeks != seeks:
                        break
                    yield event
            if self._seeks == seeks:
                yield Watermark(target)
            if self._seeks == seeks:
                self._pacer.place(target)
                self._at, self._target = target, None
                self._arrived.set()
                yield Settled()


def _name(paths: tuple[str, ...]) -> str:
    """``day.csv``, or ``day.csv and 2 more``."""
    first = paths[0].replace("\\", "/").rstrip("/").rpartition("/")[2] or paths[0]
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"

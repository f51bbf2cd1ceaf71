"""A timeline for tests of the replay: trades at given seconds, without files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tests.support.fake_clock import START_NS
from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.model import FeedEvent, Rollover, SymbolTable, TickBatch, Trades

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS


def ns(second: float) -> int:
    return START_NS + round(second * SECOND_NS)


class FakeTimeline:
    """Trades of A, priced 1, 2, 3, …, at ``seconds`` after ``START_NS``, in batches of ``batch``."""

    kinds = "trades"
    time_zone = "America/New_York"
    bar_ns = None
    calendar = UTC_DAYS
    calendars: Mapping[str, MarketCalendar] = MappingProxyType({})

    def __init__(self, seconds: Sequence[float], batch: int = 1000) -> None:
        self.table = SymbolTable(["A"])
        self._ts = np.array([ns(second) for second in seconds], np.int64)
        self._batch = batch
        self.first, self.last = int(self._ts[0]), int(self._ts[-1])
        self.end = (self.last // DAY_NS + 1) * DAY_NS
        self.asked: list[tuple[int | None, int | None, bool]] = []
        self.closed = 0

    def events(
        self, after: int | None = None, upto: int | None = None, *, coarse: bool = False
    ) -> Iterator[TickBatch | Rollover]:
        self.asked.append((after, upto, coarse))
        begin = 0 if after is None else int(self._ts.searchsorted(after, side="right"))
        end = len(self._ts) if upto is None else int(self._ts.searchsorted(upto, side="right"))
        day = None if after is None else after // DAY_NS
        try:
            while begin < end:
                today = int(self._ts[begin]) // DAY_NS
                if day is not None and today != day:
                    yield Rollover(self.table)
                day = today
                midnight = int(self._ts.searchsorted((today + 1) * DAY_NS))
                until = min(end, midnight, begin + (10**9 if coarse else self._batch))
                rows = until - begin
                price = np.arange(begin + 1.0, until + 1)
                trades = Trades(np.zeros(rows, np.int32), self._ts[begin:until], price, np.ones(rows))
                yield TickBatch(self.table, trades)
                begin = until
        finally:
            self.closed += 1

    def stretches(self, after: int | None = None, step_ns: int | None = None) -> Iterator[FeedEvent]:
        raise NotImplementedError  # only of a history with bars

    def close(self) -> None:
        pass

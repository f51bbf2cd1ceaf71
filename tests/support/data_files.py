"""Chunks in place of files, for tests of what follows the reader, and the events of a timeline as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from feeds.files import loading
from feeds.files.chunk import Chunk
from feeds.files.options import ReadOptions
from feeds.files.report import FileReport
from feeds.files.timeline.timeline import Timeline
from feeds.reached import Reached
from ticker.event_check import check_batch
from ticker.model import BarBatch, Bars, FeedEvent, Quotes, SymbolTable, TickBatch, Trades

HOUR = 3_600_000_000_000
#: 2024-01-02 00:00 UTC.
DAY = 1_704_153_600_000_000_000
NAN = float("nan")


def trades(*rows: tuple[int, int, float]) -> Chunk:
    code, ts, price = (list(column) for column in zip(*rows, strict=True))
    return Chunk(trades=Trades(np.array(code, np.int32), np.array(ts), np.array(price, float), np.ones(len(rows))))


def quotes(*rows: tuple[int, int, float, float, float, float]) -> Chunk:
    columns = [list(column) for column in zip(*rows, strict=True)]
    floats = [np.array(column, float) for column in columns[2:]]
    return Chunk(quotes=Quotes(np.array(columns[0], np.int32), np.array(columns[1]), *floats))


def bars(*rows: tuple[int, int, float, float, float, float]) -> Chunk:
    columns = [list(column) for column in zip(*rows, strict=True)]
    prices = (np.array(column, float) for column in columns[2:])
    volume = np.full(len(rows), 100.0)
    unknown = np.full(len(rows), NAN)
    values = dict(zip(("open", "high", "low", "close"), prices, strict=True))
    symbol, start = np.array(columns[0], np.int32), np.array(columns[1])
    return Chunk(bars=Bars(symbol, start, **values, volume=volume, vwap=unknown, trades=unknown))


class FakeReader:
    def __init__(self, source: Any, _options: ReadOptions, table: SymbolTable, *_more: Any) -> None:
        self.report = FileReport(name=source.name, path=source.name, time_zone=source.zone)
        self._source = source
        for name in ("A", "B", "C"):
            table.code(name)

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self._source.chunks:
            self.report.rows += len(chunk.trades) + len(chunk.quotes) + len(chunk.bars)
            self.report.trades += len(chunk.trades)
            self.report.quotes += len(chunk.quotes)
            self.report.bars += len(chunk.bars)
            yield chunk


class FakeSource:
    size_bytes = done_bytes = 1

    def __init__(self, name: str, *chunks: Chunk, zone: str = "UTC") -> None:
        self.name, self.names, self.chunks, self.zone = name, (name,), chunks, zone


def timeline_of(sources: Sequence[FakeSource], run: int = 4, **options: Any) -> Timeline:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "Reader", FakeReader)
        patch.setattr(loading, "open_sources", lambda _paths, _options: sources)
        return loading.load(["x"], ReadOptions(**options), run=run)


def plain_events(timeline: Timeline, *args: int | None, **more: Any) -> list[Any]:
    """The events as plain values: ``(code, ts, price)``, ``("open", code, start)``, ``("close", …)``."""
    return as_plain(timeline.events(*args, **more))


def as_plain(events: Iterable[FeedEvent]) -> list[Any]:
    """See ``plain_events``; marks are ``("reached", ts)``."""
    found: list[Any] = []
    for event in events:
        if isinstance(event, Reached):
            found.append(("reached", event.ts))
        elif isinstance(event, BarBatch):
            kind = "close" if event.closed else "open"
            found += [(kind, code, ts) for code, ts in zip(event.bars.symbol, event.bars.start, strict=True)]
        else:
            assert isinstance(event, TickBatch)
            check_batch(event)
            columns = event.trades
            found += [
                (int(c), int(t), float(p)) for c, t, p in zip(columns.symbol, columns.ts, columns.price, strict=True)
            ]
    return found

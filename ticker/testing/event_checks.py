"""Checks events of a feed against the rules of the model."""

from __future__ import annotations

from typing import Final

import numpy as np

from ticker.errors import BatchError
from ticker.event_check import check_event
from ticker.feed.feed import Feed, FeedInfo
from ticker.model import (
    BarBatch,
    Corrections,
    DayValues,
    Ints,
    Removal,
    Restart,
    Rollover,
    Settled,
    Split,
    Stamps,
    SymbolTable,
    TickBatch,
    Watermark,
)

_KINDS: Final = ("trades", "quotes")
#: Ids of trades are compared among this many.
_IDS: Final = 100_000


class Findings:
    """Sentences about faults, one per kind, in the order of discovery."""

    def __init__(self) -> None:
        self._by_kind: dict[str, str] = {}

    def add(self, kind: str, sentence: str) -> None:
        self._by_kind.setdefault(kind, sentence)

    @property
    def sentences(self) -> list[str]:
        return list(self._by_kind.values())


def named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


class EventChecks:
    """Checks one event after another. ``where`` names the event in findings.

    Trades may be older than the newest of their symbol by ``late_ns``.
    """

    def __init__(self, feed: Feed, info: FeedInfo, findings: Findings, late_ns: int = 0) -> None:
        self.findings = findings
        self._feed = feed
        self._table: SymbolTable = info.symbols
        self._names = list(info.symbols.names)
        self._complete = info.complete
        self._version: int | None = None
        self._watermark_ns = 0
        self._hidden = False
        self._newest = {kind: np.zeros(0, np.int64) for kind in _KINDS}
        self._late_ns = {"trades": late_ns, "quotes": 0}
        #: Of the newest trades, at most ``_IDS``: symbol and id.
        self._ids: dict[tuple[int, int], None] = {}
        unknown = [name for name in info.calendars if info.complete and name not in info.symbols]
        if unknown:
            findings.add("calendars", f"info.calendars has {unknown[0]!r}, which is not in info.symbols")

    def check(self, event: object, where: str) -> None:
        self.check_info(where)
        if not self._is_fine(event, where):
            return
        if isinstance(event, TickBatch):
            self._batch(event, where)
        elif isinstance(event, Rollover):
            self._rollover(event, where)
        elif isinstance(event, Corrections | DayValues | Split):
            self._statement(event, where)
        elif isinstance(event, Removal):
            self._removal(event, where)
        elif isinstance(event, Restart):
            self._restart(event)
        elif isinstance(event, BarBatch):
            self._bars(event, where)
        elif isinstance(event, Watermark):
            self._watermark(event, where)
        elif isinstance(event, Settled):
            if not self._hidden:
                self.findings.add("settled", f"{where} is a Settled, but no hidden Restart came before it")
            self._hidden = False

    def check_info(self, where: str) -> None:
        """Check that the table of ``info`` is the same, only grows, and not at all once complete."""
        add = self.findings.add
        info = self._feed.info
        if info.symbols is not self._table:
            add("other table", f"{where}: info.symbols is another table than before; a feed has one table")
        names = list(self._table.names)
        if names[: len(self._names)] != self._names:
            add("names", f"{where}: names in the symbol table moved or disappeared; a table only grows")
        new = names[len(self._names) :]
        if self._complete and new:
            add("complete", f"{where}: info.complete is true, but the table grew by {new[0]!r}")
        if self._complete and not info.complete:
            add("incomplete", f"{where}: info.complete was true and is false now")
        self._names, self._complete = names, info.complete

    def _is_fine(self, event: object, where: str) -> bool:
        """Whether the server would accept it."""
        kind = type(event).__name__
        try:
            check_event(event, negative_prices=self._feed.info.negative_prices)
        except BatchError as error:
            self.findings.add(kind, f"{where}: {error}")
            return False
        except Exception as error:  # noqa: BLE001 - columns can be anything: a finding
            self.findings.add(kind, f"{where}: checking it raised {named(error)}")
            return False
        return True

    def _batch(self, batch: TickBatch, where: str) -> None:
        if batch.table is not self._table:
            self.findings.add("table", f"{where}: the batch's table is not info.symbols")
            return
        self._count(batch.version, where)
        self._stamps("trades", batch.trades.symbol, batch.trades.ts, where)
        self._stamps("quotes", batch.quotes.symbol, batch.quotes.ts, where)
        if batch.trades.id is not None:
            self._identify(batch.trades.symbol, batch.trades.id, where)

    def _identify(self, symbol: Ints, ids: Stamps, where: str) -> None:
        """Check that no id of a trade comes again for its symbol."""
        for key in zip(symbol.tolist(), ids.tolist(), strict=True):
            if key[1] and key in self._ids:
                name = self._table[key[0]]
                self.findings.add("id", f"{where}: a second trade of {name!r} has the id {key[1]}; corrections name it")
            self._ids[key] = None
        while len(self._ids) > _IDS:
            del self._ids[next(iter(self._ids))]

    def _statement(self, event: Corrections | DayValues | Split, where: str) -> None:
        if event.table is not self._table:
            self.findings.add("table", f"{where}: the table of the {type(event).__name__} is not info.symbols")
            return
        self._count(event.version, where)

    def _stamps(self, kind: str, symbol: Ints, ts: Stamps, where: str) -> None:
        newest = self._grown(kind)
        order = symbol.argsort(kind="stable")
        symbols, stamps = symbol[order], ts[order]
        before = newest[symbols]
        follows = symbols[1:] == symbols[:-1]
        before[1:][follows] = stamps[:-1][follows]
        back = np.flatnonzero(stamps < before - self._late_ns[kind])
        if len(back):
            first = back[0]
            self.findings.add(
                f"{kind} order",
                f"{where}: {kind} of {self._table[int(symbols[first])]!r} go back in time, "
                f"from {before[first]} to {stamps[first]}",
            )
        np.maximum.at(newest, symbol, ts)

    def _grown(self, kind: str) -> Stamps:
        newest = self._newest[kind]
        if len(newest) < len(self._table):
            newest = np.concatenate((newest, np.zeros(len(self._table) - len(newest), np.int64)))
            self._newest[kind] = newest
        return newest

    def _forget(self, symbol: Ints | None = None) -> None:
        """Allow older timestamps: a new day or a restart may have them, as a replay that loops."""
        for kind in _KINDS:
            self._grown(kind)[slice(None) if symbol is None else symbol] = 0
        if symbol is None:
            self._ids.clear()

    def _rollover(self, event: Rollover, where: str) -> None:
        if event.table is not self._table:
            self.findings.add("table", f"{where}: the rollover's table is not info.symbols")
            return
        self._count(event.version, where)
        self._forget(event.symbol)

    def _removal(self, event: Removal, where: str) -> None:
        self._count(event.version, where)
        unknown = [name for name in event.names if name not in self._table]
        if unknown:
            self.findings.add("removal", f"{where}: it removes {unknown[0]!r}, which is not in the table")
        codes = [code for name in event.names if (code := self._table.find(name)) is not None]
        self._forget(np.array(codes, np.int32))

    def _restart(self, event: Restart) -> None:
        self._version = None
        self._watermark_ns = 0
        self._hidden = event.hidden
        self._forget()

    def _watermark(self, event: Watermark, where: str) -> None:
        if event.ts < self._watermark_ns:
            text = f"{where} is a watermark of {event.ts} after one of {self._watermark_ns}: watermarks only grow"
            self.findings.add("watermark", text)
            return
        self._watermark_ns = event.ts

    def _bars(self, event: BarBatch, where: str) -> None:
        if event.table is not self._table:
            self.findings.add("table", f"{where}: the bars' table is not info.symbols")

    def _count(self, version: int | None, where: str) -> None:
        if version is None:
            if self._version is not None:
                self.findings.add("version", f"{where} has no version, but earlier events had one")
            return
        if self._version is not None and version <= self._version:
            self.findings.add("version", f"{where} has version {version!r} after {self._version}: it must grow")
            return
        if self._version is None and not self._feed.info.epoch:
            self.findings.add("epoch", f"{where} has a version, but info.epoch is empty")
        self._version = version

"""Reports of imaginary files, for tests of the output of ``ticker inspect``."""

from __future__ import annotations

from collections import Counter

from feeds.files.report import Complaint, ConditionCount, FileReport, Gap
from feeds.inspect.formats import iso
from feeds.inspect.inspection import FileInspection, Inspection
from feeds.inspect.preview import Preview, Row

#: 2024-01-03T14:30:00Z
START_NS = 1_704_292_200 * 10**9
HOUR_NS = 3_600 * 10**9


def trades_report(symbols: int = 500) -> FileReport:
    """A long file with a few bad rows that states its zone and symbols."""
    return FileReport(
        name="trades.csv.gz",
        path="day/trades.csv.gz",
        compression="gzip",
        layout="alpaca-trades",
        title="alpaca-py trades",
        kind="trades",
        delimiter=",",
        header_line=1,
        columns={"time": "timestamp", "symbol": "symbol", "price": "price", "size": "size"},
        ignored=("exchange", "id", "conditions", "tape"),
        stamp_form="ISO 8601 with offset",
        how={"time_zone": "file", "symbol": "file"},
        rows=1_203_334,
        trades=1_203_330,
        first=START_NS + 123_456_000,
        last=START_NS + 6 * HOUR_NS,
        symbols=[f"SYM{number}" for number in range(symbols)],
        conditions=[
            ConditionCount("@", "last, high, low, volume", 1_000_000),
            ConditionCount("@ I", "volume only", 203_329),
            ConditionCount("@ %", "last, high, low, volume", 1, ("%",)),
        ],
        left_out=Counter({"cancelled trade": 2, "correction record": 1}),
        refused=Counter({"not a price": 3, "not a stamp": 1}),
        complaints=[
            Complaint(line=17, column="price", text="abc", reason="not a price"),
            Complaint(line=99, column=None, text=None, reason="3 fields, not 8"),
        ],
    )


def lean_report() -> FileReport:
    """A file whose zone, date, scale and symbol come from its layout and its name."""
    return FileReport(
        name="20131011_trade.zip:20131011_ibm_Trade_Tick.csv",
        path="equity/usa/tick/ibm/20131011_trade.zip",
        compression="zip",
        layout="lean-trades",
        title="QuantConnect Lean trades",
        kind="trades",
        delimiter=",",
        columns={"time": "1", "price": "2", "size": "3"},
        time_zone="America/New_York",
        stamp_form="milliseconds since midnight",
        price_scale=10_000,
        date="2013-10-11",
        how={"time_zone": "layout", "symbol": "name", "date": "name", "price_scale": "layout"},
        order="newest first",
        rows=19_264,
        trades=19_264,
        first=START_NS,
        last=START_NS + HOUR_NS,
        symbols=["IBM"],
        gaps=[Gap(start=START_NS, end=START_NS + 63 * HOUR_NS), Gap(start=START_NS, end=START_NS + HOUR_NS)],
    )


def bars_report() -> FileReport:
    """A file whose zone is assumed."""
    return FileReport(
        name="IBM.txt",
        path="IBM.txt",
        layout="bars",
        title="bars",
        kind="bars",
        delimiter="\t",
        header_line=3,
        banner_lines=2,
        columns={"time": "when"},
        how={"time_zone": "assumed", "symbol": "name"},
        interval_ns=60 * 10**9,
        rows=5,
        bars=5,
        first=START_NS,
        last=START_NS + HOUR_NS,
        symbols=["IBM"],
    )


def inspection(*reports: FileReport, preview: Preview | None = None) -> Inspection:
    """An inspection of files that can all be replayed."""
    return Inspection(
        files=[FileInspection(report=report) for report in reports],
        kinds="trades",
        first=START_NS,
        last=START_NS + HOUR_NS,
        symbols=sorted({name for report in reports for name in report.symbols}),
        preview=preview or Preview(),
    )


def trade(ts: int, price: float, size: float, symbol: str = "IBM") -> Row:
    return {"type": "trade", "symbol": symbol, "ts": ts, "time": iso(ts), "price": price, "size": size}


def quote(ts: int, *sides: float | None, symbol: str = "IBM") -> Row:
    """``sides``: bid, its size, ask, its size."""
    names = ("bid", "bid_size", "ask", "ask_size")
    return {"type": "quote", "symbol": symbol, "ts": ts, "time": iso(ts), **dict(zip(names, sides, strict=True))}


def bar(start: int, *values: float | None, symbol: str = "IBM") -> Row:
    """``values``: open, high, low, close, volume, vwap, trades."""
    names = ("open", "high", "low", "close", "volume", "vwap", "trades")
    return {"symbol": symbol, "start": start, "time": iso(start), **dict(zip(names, values, strict=True))}


TICKS = Preview(ticks=[quote(START_NS, 184.98, 300.0, None, None), trade(START_NS + 833 * 10**6, 184.99, 1_000.0)])
BARS = Preview(
    ticks=[trade(START_NS, 184.2, 2_500.0)],
    bars=[bar(START_NS, 184.2, 184.3, 184.0, 184.1, 10_001_000.0, None, None)],
)

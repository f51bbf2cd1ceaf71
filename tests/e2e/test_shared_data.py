"""Public data files, if they are in ``../shared/data`` beside the checkout: each replays all of its rows.

The expected rows are read here with ``csv`` and ``zipfile`` alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, Bar, Quote, Trade, at
from ticker.market.board import Board, symbol_dicts
from ticker.model import TickBatch

FOLDER = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no data files in ../shared/data")

Row = dict[str, str]


def lines(file: str) -> str:
    """The decompressed text of a file."""
    content = (FOLDER / file).read_bytes()
    if file.endswith(".gz"):
        content = gzip.decompress(content)
    elif file.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            content = archive.read(name)
    return content.decode()


def rows(file: str, names: str | None = None, skip: int = 0) -> list[Row]:
    """The rows as dicts, with the file's header or ``names``."""
    body = lines(file).split("\n", skip)[-1]
    return list(csv.DictReader(io.StringIO(body), names.split(",") if names else None))


def bars_of(
    found: list[Row],
    *,
    symbol: Callable[[Row], str],
    stamp: Callable[[Row], int],
    names: str = "open,high,low,close,volume",
    scale: float = 1,
) -> list[Bar]:
    """The bars in ``found``."""
    o, h, low, c, v = names.split(",")
    return [
        (
            symbol(row),
            stamp(row),
            float(row[o]) / scale,
            float(row[h]) / scale,
            float(row[low]) / scale,
            float(row[c]) / scale,
            float(row[v]),
        )
        for row in found
    ]


def day(column: str, zone: str = "UTC") -> Callable[[Row], int]:
    return lambda row: at(row[column], zone)


def form(column: str, pattern: str, zone: str = "UTC") -> Callable[[Row], int]:
    return lambda row: at(datetime.strptime(row[column], pattern).isoformat(" "), zone)  # noqa: DTZ007 - `at` gives it


def one(symbol: str) -> Callable[[Row], str]:
    return lambda row: symbol


def column(name: str) -> Callable[[Row], str]:
    return lambda row: row[name]


def midnight(date: str, column: str = "ms") -> Callable[[Row], int]:
    """Reads milliseconds since midnight in New York. None of these days has a change of the clocks."""
    return lambda row: at(date, NEW_YORK) + int(row[column]) * 10**6


CAPITALS = "Open,High,Low,Close,Volume"
LEAN = "ms,open,high,low,close,volume"

BAR_FILES: dict[str, Callable[[str], list[Bar]]] = {
    "lean_spy_minute_trade_20131007.zip": lambda file: bars_of(
        rows(file, LEAN), symbol=one("SPY"), stamp=midnight("2013-10-07"), scale=10_000
    ),
    "lean_googl_daily.zip": lambda file: bars_of(
        rows(file, LEAN), symbol=one("GOOGL"), stamp=form("ms", "%Y%m%d %H:%M", NEW_YORK), scale=10_000
    ),
    "mpl_sp500_iday_mdy.csv": lambda file: bars_of(
        rows(file), symbol=one("?"), stamp=form("Date", "%m/%d/%Y %H:%M"), names=CAPITALS
    ),
    "mpl_yahoo_spy.csv": lambda file: bars_of(rows(file), symbol=one("?"), stamp=day("Date"), names=CAPITALS),
    "mpl_alphavantage_desc.csv": lambda file: bars_of(rows(file), symbol=one("?"), stamp=day("date", NEW_YORK)),
    "plotly_aapl_prefixed.csv": lambda file: bars_of(
        rows(file),
        symbol=one("AAPL"),
        stamp=day("Date"),
        names="AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume",
    ),
    "plotly_multi_symbol_desc.csv": lambda file: bars_of(
        rows(file), symbol=column("Stock"), stamp=day("Date"), names=CAPITALS
    ),
    "cdd_coinbase_btcusd_1h.csv": lambda file: bars_of(
        rows(file, skip=1),
        symbol=column("symbol"),
        stamp=form("date", "%Y-%m-%d %I-%p"),
        names="open,high,low,close,volume_btc",
    ),
    "zipline_aapl_daily.csv.gz": lambda file: bars_of(rows(file), symbol=one("?"), stamp=day("date")),
    "zipline_quandl_wiki.zip": lambda file: bars_of(rows(file), symbol=column("ticker"), stamp=day("date")),
    "bokeh_stocks.csv.gz": lambda file: bars_of(rows(file), symbol=column("Ticker"), stamp=day("Date"), names=CAPITALS),
    "databento_xnas_ohlcv1m_pretty.csv": lambda file: bars_of(
        rows(file), symbol=column("symbol"), stamp=lambda row: at(row["ts_event"].rstrip("Z").replace("T", " "))
    ),
}


def lean_trades(file: str) -> list[Trade]:
    stamp = midnight("2013-10-11")
    return [
        ("IBM", stamp(row), float(row["price"]) / 10_000, float(row["size"]))
        for row in rows(file, "ms,price,size,exchange,condition,suspicious")
    ]


def databento_trades(file: str) -> list[Trade]:
    return [(row["symbol"], int(row["ts_event"]), int(row["price"]) / 1e9, float(row["size"])) for row in rows(file)]


def vega_prices(file: str) -> list[Trade]:
    found = [(row["symbol"], form("date", "%b %d %Y")(row), float(row["price"]), 0.0) for row in rows(file)]
    return sorted(found, key=lambda trade: trade[1])


TRADE_FILES: dict[str, Callable[[str], list[Trade]]] = {
    "lean_ibm_tick_trade_20131011.zip": lean_trades,
    "databento_xnas_trades_raw.csv": databento_trades,
    "vega_stocks_month_name.csv": vega_prices,
}
QUOTE_FILE = "lean_ibm_tick_quote_20131011.zip"


def read(file: str) -> Published:
    found = published([FOLDER / file])
    assert not found.report.refused, found.report.complaints
    return found


def test_every_file_has_a_test() -> None:
    """A new file must get one."""
    there = {path.name for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert there == {*BAR_FILES, *TRADE_FILES, QUOTE_FILE}


@pytest.mark.parametrize("file", BAR_FILES)
def test_a_file_of_bars_replays_its_bars(file: str) -> None:
    """All of them, unchanged and sorted by time. Without a symbol column the file's name is the symbol."""
    found = read(file)
    expected = BAR_FILES[file](file)
    if expected[0][0] == "?":
        (name,) = found.names
        assert name.lower() in file.lower()
        expected = [(name, *bar[1:]) for bar in expected]
    bars = [bar for bar in expected if bar[2] > 0]
    assert len(found.closed) == found.report.bars == len(bars)
    by_time = {(bar[0], bar[1]): bar for bar in bars}
    for bar in found.closed:
        wanted = by_time[bar[0], bar[1]]
        assert bar[2:] == pytest.approx(wanted[2:], rel=1e-12)
    assert all(before[1] <= after[1] for before, after in pairwise(found.opened))
    assert found.first == min(bar[1] for bar in bars)
    assert found.last > max(bar[1] for bar in bars)


@pytest.mark.parametrize("file", TRADE_FILES)
def test_a_file_of_trades_replays_its_trades(file: str) -> None:
    """All of them, duplicates included; trades of equal times in the file's order."""
    found = read(file)
    expected = TRADE_FILES[file](file)
    assert [(trade[0], trade[1], trade[3]) for trade in found.trades] == [(row[0], row[1], row[3]) for row in expected]
    assert [trade[2] for trade in found.trades] == pytest.approx([trade[2] for trade in expected], rel=1e-12)
    assert (found.first, found.last) == (expected[0][1], expected[-1][1])


def test_one_sided_quotes_are_merged_with_the_other_side() -> None:
    """Each row changes one side; the other keeps its value, which is None at first and never 0."""
    bid = bid_size = ask = ask_size = None
    expected: list[Quote] = []
    stamp = midnight("2013-10-11")
    for row in rows(QUOTE_FILE, "ms,bid,bid_size,ask,ask_size,exchange,condition,suspicious"):
        if row["bid"] != "0":
            bid, bid_size = float(row["bid"]) / 10_000, float(row["bid_size"])
        else:
            ask, ask_size = float(row["ask"]) / 10_000, float(row["ask_size"])
        expected.append(("IBM", stamp(row), bid, bid_size, ask, ask_size))
    found = read(QUOTE_FILE)
    assert len(found.quotes) == 99_852
    assert found.quotes == expected


TRADE_FILES_WITH_FLAGS = "lean_ibm_tick_trade_20131011.zip"
#: Of Lean's flags: cash, next day, seller, derivatively priced, form T, sold, extended hours, out of sequence,
#: stock option, average price, price variation, official close, prior reference price, official open, odd lot.
NO_LAST = 0x2 | 0x4 | 0x8 | 0x200 | 0x400 | 0x800 | 0x2000 | 0x4000 | 0x40000 | 0x100000 | 0x400000 | 0x1000000
NO_LAST |= 0x2000000 | 0x4000000 | 0x80000000


@pytest.mark.parametrize("file", [*BAR_FILES, *TRADE_FILES, QUOTE_FILE])
def test_a_board_applies_every_event(file: str) -> None:
    """At the end it has the last trades and quotes. Lean's flags say which trades update no last price."""
    board = Board()
    timeline = load([str(FOLDER / file)], ReadOptions())
    try:
        for event in timeline.events():
            if isinstance(event, TickBatch):
                board.apply(event)
    finally:
        timeline.close()
    latest = symbol_dicts(board.since(0, Board.index(range(len(board)))))
    found = read(file)
    assert set(latest) == set(found.names)
    trades = {trade[0]: trade for trade in found.trades}
    if file == TRADE_FILES_WITH_FLAGS:
        columns = "ms,price,size,exchange,condition,suspicious"
        regular = [row for row in rows(file, columns) if not int(row["condition"], 16) & NO_LAST]
        trades["IBM"] = ("IBM", 0, float(regular[-1]["price"]) / 10_000, float(regular[-1]["size"]))
    quotes = {quote[0]: quote for quote in found.quotes}
    for name, values in latest.items():
        assert values is not None
        if name in trades:
            assert (values["last"], values["last_size"]) == trades[name][2:]
        if name in quotes:
            assert tuple(map(values.get, ("bid", "bid_size", "ask", "ask_size"))) == quotes[name][2:]

"""All layouts: those with a header, those without one, and those recognised by the usual names of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from feeds.files.layouts.headerless import HEADERLESS
from feeds.files.layouts.layout import Layout
from feeds.files.layouts.with_header import WITH_HEADER

_BY_COLUMNS: Final = (
    Layout("yfinance", "yfinance download()", "bars"),
    Layout("wide", "one column per symbol", "ticks"),
    Layout("wide-bars", "bars with the symbol in the column names", "bars"),
    Layout("bars", "bars, columns by name", "bars"),
    Layout("trades", "trades, columns by name", "ticks"),
    Layout("quotes", "quotes, columns by name", "ticks"),
    Layout("ticks", "trades and quotes, columns by name", "ticks"),
)

ALL_LAYOUTS: Final = (*WITH_HEADER, *HEADERLESS, *_BY_COLUMNS)

#: Whose files are recognised, by the first word of the layout's name.
VENDORS: Final[Mapping[str, str]] = {
    "alpaca": "Alpaca",
    "alpha": "Alpha Vantage",
    "binance": "Binance",
    "cryptodatadownload": "CryptoDataDownload",
    "databento": "Databento",
    "dukascopy": "Dukascopy",
    "firstrate": "FirstRate",
    "histdata": "HistData",
    "investing": "Investing.com",
    "kaggle": "Kaggle",
    "kibot": "Kibot",
    "lean": "QuantConnect Lean",
    "lobster": "LOBSTER",
    "metatrader": "MetaTrader",
    "ninjatrader": "NinjaTrader",
    "polygon": "Polygon (Massive)",
    "quandl": "Quandl",
    "stooq": "Stooq",
    "taq": "NYSE TAQ",
    "yahoo": "Yahoo",
    "yfinance": "yfinance",
    "zipline": "zipline",
}

#: The longest header first: it may contain all names of a shorter one.
BY_HEADER: Final = tuple(sorted(WITH_HEADER, key=lambda layout: (-len(layout.header), not layout.exact)))

BY_COLUMNS: Final[Mapping[str, Layout]] = {layout.name: layout for layout in _BY_COLUMNS}


def layout_names() -> tuple[str, ...]:
    """The values of ``--layout``, sorted."""
    return tuple(sorted({layout.name for layout in ALL_LAYOUTS}))

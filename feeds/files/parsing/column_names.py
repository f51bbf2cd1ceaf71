"""The roles of columns, and the usual names of each role's column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from feeds.files.parsing.time_columns import time_name

STAMPS: Final[tuple[str, ...]] = ("timestamp", "date", "time")
BAR_PRICES: Final[tuple[str, ...]] = ("open", "high", "low", "close")

#: Each role's names, in the form of ``plain``, by priority.
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": (
        "timestamp", "ts_event", "datetime", "date_time", "sip_timestamp", "participant_timestamp", "window_start",
        "open_time", "unix_timestamp", "unix", "unix_time", "epoch", "ts", "stamp", "time_stamp", "ts_ns", "ts_us",
        "ts_ms", "timestamp_ns", "timestamp_us", "timestamp_ms", "gmt_time", "utc_time", "utc", "local_time",
        "date_utc", "time_utc", "trade_time", "quote_time", "exchange_time", "exchange_timestamp", "transact_time",
        "event_time", "begins_at", "start", "start_time", "when", "dt", "t", "created_at", "ts_recv",
        "local_timestamp",
    ),
    "date": ("date", "day", "trade_date", "trading_day", "dtyyyymmdd", "yyyymmdd", "datum", "fecha", "data",
             "tarih", "дата", "日期", "日付", "日付け", "날짜", "dato"),
    "time": ("time", "time_m", "timem", "hhmmss", "time_of_day", "zeit", "uhrzeit"),
    "symbol": (
        "symbol", "ticker", "sym", "sym_root", "stock", "instrument", "ric", "security", "contract", "pair", "market",
        "asset", "code", "name", "s", "secid", "isin", "sym_id", "tic", "instrument_id",
    ),
    "price": (
        "price", "last", "last_price", "lastprice", "px", "trade_price", "tradeprice", "last_trade", "p", "rate",
        "value", "kurs", "settle", "settlement", "settle_price", "settlement_price", "nav",
        "obs_value", "цена", "şimdi",
    ),
    "size": (
        "size", "qty", "quantity", "last_size", "lastsize", "trade_size", "tradesize", "last_qty", "lastqty", "amount",
        "shares", "lots", "volume", "vol", "trade_volume", "sz", "q", "v", "menge", "volumen", "umsatz", "stück",
    ),
    "bid": ("bid", "bid_price", "bidprice", "best_bid", "best_bid_price", "bid_px", "bid_px_00", "bidpx", "bp", "b"),
    "bid_size": (
        "bid_size", "bidsize", "bid_qty", "bidqty", "bid_sz", "bid_sz_00", "bidsz", "bid_volume", "bidvolume",
        "bid_vol", "bid_amount", "bid_quantity", "best_bid_size", "best_bid_qty", "bs", "bidsiz",
    ),
    "ask": (
        "ask", "ask_price", "askprice", "best_ask", "best_ask_price", "ask_px", "ask_px_00", "askpx", "offer",
        "offer_price", "ofr", "asks", "ap", "a",
    ),
    "ask_size": (
        "ask_size", "asksize", "ask_qty", "askqty", "ask_sz", "ask_sz_00", "asksz", "ask_volume", "askvolume",
        "ask_vol", "ask_amount", "ask_quantity", "best_ask_size", "best_ask_qty", "offer_size", "ofrsiz", "offersize",
        "as", "asksiz",
    ),
    "open": ("open", "o", "open_price", "openprice", "price_open", "first", "opening_price", "px_open",
             "trade_open", "eröffn", "eröffnung", "erster", "apertura", "ouv", "ouverture", "abertura",
             "opening", "açılış", "откр", "открытие", "otwarcie",
             "始値", "开盘", "开盘价", "開盤", "시가", "öppen", "åbning", "åpning"),
    "high": ("high", "h", "high_price", "highprice", "price_high", "max", "highest", "px_high",
             "trade_high", "hoch", "tageshoch", "massimo", "máximo", "maximo", "máxima", "plus_haut", "haut",
             "hoog", "yüksek", "макс", "максимум", "najwyzszy", "najwyższy",
             "高値", "高", "最高", "最高价", "고가", "högst", "høj", "høy"),
    "low": ("low", "l", "low_price", "lowprice", "price_low", "min", "lowest", "px_low",
            "trade_low", "tief", "tagestief", "minimo", "mínimo", "mínima", "plus_bas", "bas", "laag", "düşük",
            "мин", "минимум", "najnizszy", "najniższy", "安値", "低", "最低", "最低价", "저가", "lägst", "lav"),
    "close": (
        "close", "c", "close_price", "closeprice", "price_close", "closing_price", "close_last", "px_last", "latest",
        "adj_close", "adjusted_close", "adjclose", "zuletzt", "schluss", "schlusskurs", "ultimo", "último", "dernier",
        "clôture", "cloture", "clot", "cierre", "chiusura", "fechamento", "trade_close", "laatste", "slotkoers",
        "закрытие", "ostatnio", "zamkniecie", "zamknięcie", "終値", "收盘", "收盘价", "收盤", "종가",
        "senaste", "seneste", "siste",
    ),
    "volume": (
        "volume", "v", "vol", "volume_traded", "total_volume", "tickvol", "tick_volume", "base_volume", "volumefrom",
        "volume_from", "total_traded_quantity", "tottrdqty", "ttl_trd_qnty", "traded_quantity", "shares_traded",
        "no_of_shares", "number_of_shares", "px_volume", "trade_volume", "stuecke", "stück", "volumen", "umsatz",
        "volym", "volumi", "hac", "hacim", "wol", "wolumen", "объем", "объём", "成交量", "交易量", "出来高", "거래량",
        "size", "qty", "quantity", "amount", "shares",
    ),
    "vwap": ("vwap", "vw", "wap", "weighted_average", "volume_weighted_average_price"),
    "trades": (
        "trade_count", "trades", "tradecount", "count", "transactions", "n", "number_of_trades", "num_trades",
        "trades_count", "numtrades", "no_of_trades",
    ),
    "split": (
        "stock_splits", "stock_split", "split", "splits", "split_ratio", "split_coefficient", "split_factor",
        "splitfactor", "ex_split",
    ),
    "conditions": (
        "conditions", "sale_condition", "sale_conditions", "condition", "cond", "conds", "trade_conditions",
        "trade_condition", "tr_scond", "scond", "salecondition", "saleconditions", "sales_condition",
        "sales_conditions", "sale_cond", "trade_cond", "condition_code", "condition_codes", "trade_condition_code",
        "tradeconditions",
    ),
    "correction": ("correction", "trade_correction_indicator", "correction_indicator", "tr_corr", "corr"),
    "id": (
        "id", "trade_id", "tradeid", "tid", "tr_id", "trade_no", "tradeno", "trade_number", "match_id", "agg_trade_id",
        "exec_id", "execution_id",
    ),
    "tape": ("tape",),
}  # fmt: skip

TICK_ROLES: Final = ("price", "size", "bid", "bid_size", "ask", "ask_size")
#: What trades have besides. ``change`` is a column of recordings.
DETAIL_ROLES: Final = ("conditions", "correction", "id", "tape", "change")
BAR_ROLES: Final = (*BAR_PRICES, "volume", "vwap", "trades", "split")
ROLES: Final = (*ALIASES,)

_KNOWN = frozenset(name for names in ALIASES.values() for name in names)
#: Names that are also symbols: two of them alone are no header.
_WEAK = frozenset(name for name in _KNOWN if len(name) < 3)

NEEDED: Final = (
    "timestamp (or date and time), and price, or bid and ask, or open, high, low and close; "
    "optional: symbol, size, bid_size, ask_size, volume"
)


def plain(name: str) -> str:
    """``Adj Close``, ``<DATE>``, ``Vol.``, ``tradeCount`` as ``adj_close``, ``date``, ``vol``, ``tradecount``."""
    return re.sub(r"[\s./\-:]+", "_", name.strip().strip("<>[]\"'#").lower()).strip("_")


def is_known(name: str, *, strong: bool = False) -> bool:
    """Whether ``name`` is a usual column name; with ``strong``: one that is no symbol."""
    word = plain(name)
    if word not in _KNOWN:
        return len(word) > 2 and time_name(name) is not None
    return not (strong and word in _WEAK)


def place_of(role: str, header: Sequence[str]) -> int | None:
    """The place of the column for ``role`` in a header (names in the form of ``plain``)."""
    if role == "volume":  # of Volume BTC and Volume USDT, the first counts units of the symbol
        first = next((place for place, name in enumerate(header) if re.match(r"volume(_(?!weighted)|$)", name)), None)
        if first is not None:
            return first
    for name in ALIASES.get(role, ()):
        if name in header:
            return header.index(name)
    return None

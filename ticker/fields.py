"""The fields of a symbol, in the order of the board's columns. Apart, so that the client needs no numpy for them."""

from __future__ import annotations

#: All but `ts` are float64 on the board, and NaN is "no value".
FIELDS = (
    "last", "last_size", "open", "high", "low", "volume", "trades", "vwap",
    "bid", "bid_size", "ask", "ask_size",
    "prev_close",
    "ts",
)  # fmt: skip

"""The fields of a symbol, and a delta of some symbols. No numpy here: the Python client imports this module."""

from __future__ import annotations

from dataclasses import dataclass

#: In the order of the board's columns. All but `ts` are float64 on the board; NaN means no value.
FIELDS = (
    "last", "last_size", "open", "high", "low", "volume", "trades", "vwap",
    "bid", "bid_size", "ask", "ask_size",
    "prev_close",
    "ts",
)  # fmt: skip

#: The mask of a symbol that was removed.
GONE = -1


@dataclass(frozen=True, slots=True)
class Delta:
    """The changed fields of some symbols. The board makes it, a codec encodes it.

    ``rows`` and ``names`` give the symbols and ``masks`` their changed fields (bit i is FIELDS[i], or GONE for all).
    ``values`` is one flat list of the changed fields except `ts` (NaN: the field lost its value). ``stamps`` has each
    symbol's `ts` in ns, changed or not (0: no value).
    """

    rows: list[int]
    names: list[str]
    masks: list[int]
    values: list[float]
    stamps: list[int]

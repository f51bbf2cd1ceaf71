"""Finds columns that tell instruments of one symbol apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from feeds.files.parsing.column_names import plain

#: Classes of shares: BRK and A in Daily TAQ.
SUFFIXES: Final = frozenset({"sym_suffix", "symbol_suffix", "suffix"})
#: The currency that another one is priced in, by the column of that other one.
PAIRS: Final = {
    "base": "quote",
    "base_currency": "quote_currency",
    "base_asset": "quote_asset",
    "baseasset": "quoteasset",
    "from_currency": "to_currency",
    "from_symbol": "to_symbol",
    "fsym": "tsym",
}
_CONTRACTS: Final = frozenset(
    {
        "expiry", "expiration", "expire_date", "expiry_date", "expiration_date", "exp_date", "expiry_dt", "maturity",
        "maturity_date", "contract_month", "delivery_month", "strike", "strike_price", "strike_pr", "right",
        "option_type", "option_typ", "optiontype", "put_call", "call_put", "cp_flag", "callput", "putcall", "currency",
        "ccy",
    }
)  # fmt: skip
#: Columns that tell bars apart, if a symbol has several bars at one time. Trades of one instrument have several venues.
VENUES: Final = frozenset({"exchange", "exch", "venue", "mic", "market", "series"})


def pair_columns(names: Sequence[str]) -> tuple[int, int] | None:
    """The columns of a pair in a header (names in the form of ``plain``), if both are there."""
    return next(
        ((names.index(base), names.index(quote)) for base, quote in PAIRS.items() if {base, quote} <= set(names)), None
    )


def contract_columns(names: Sequence[str], symbol: int, *, bars: bool = False) -> tuple[int, ...]:
    """The columns to be joined to the symbol's, in their order."""
    words = [plain(name) for name in names]
    pair = pair_columns(words)
    if pair is not None and pair[0] == symbol:
        return (pair[1],)
    wanted = SUFFIXES | _CONTRACTS | (VENUES if bars else frozenset())
    return tuple(place for place, word in enumerate(words) if place != symbol and word in wanted)


def is_always_joined(name: str) -> bool:
    """Whether a symbol is never whole without this column."""
    return plain(name) in SUFFIXES or plain(name) in PAIRS.values()

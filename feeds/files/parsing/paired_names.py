"""Column names of two levels, as pandas writes them to Parquet: ``('Close', 'AAPL')``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from feeds.files.parsing.column_names import BAR_PRICES, plain

#: Names of the levels, where a frame of yfinance was read from CSV without them: they stand in the first column.
_LEVELS: Final = ({"price", "attributes"}, {"ticker", "symbols", "tickers"})
_VALUES: Final = frozenset({*BAR_PRICES, "volume", "adj_close", "dividends", "stock_splits", "capital_gains"})


def paired(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The names and the symbols of columns with paired names, of which those of an index have no symbol."""
    pairs = [_pair(name) for name in names]
    full = [pair for pair in pairs if pair is not None and all(pair)]
    if not full:
        return None
    # Which level has the symbols: yfinance writes both orders.
    first, second = (_known({pair[level] for pair in full}) for level in (0, 1))
    columns: list[tuple[str, str]] = []
    for pair, name in zip(pairs, names, strict=True):
        if pair is None or not all(pair):
            columns.append((name if pair is None else pair[0] or pair[1], ""))
        else:
            columns.append(pair if first >= second else (pair[1], pair[0]))
    return tuple(name for name, _ in columns), tuple(symbol for _, symbol in columns)


def in_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...], int] | None:
    """The same of a table whose first rows are the symbols and the name of the index; and how many such rows it has."""
    if len(names) < 2 or not rows:
        return None
    levels = (names[0].strip().lower(), rows[0][0].strip().lower())
    if levels[0] not in _LEVELS[0] or levels[1] not in _LEVELS[1]:
        return None
    # pandas numbers names that are equal: Close, Close.1.
    columns = [name.rpartition(".")[0] if name.rpartition(".")[2].isdecimal() else name for name in names[1:]]
    has_index = len(rows) > 1 and rows[1][0].strip() and not any(field.strip() for field in rows[1][1:])
    index = rows[1][0].strip() if has_index else "Date"
    return (index, *columns), ("", *(field.strip() for field in rows[0][1:])), 1 + bool(has_index)


def _pair(name: str) -> tuple[str, str] | None:
    if not (name.startswith("(") and name.endswith(")")):
        return None
    try:
        pair = ast.literal_eval(name)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
        return pair[0].strip(), pair[1].strip()
    return None


def _known(words: set[str]) -> float:
    return sum(plain(word) in _VALUES for word in words) / max(1, len(words))

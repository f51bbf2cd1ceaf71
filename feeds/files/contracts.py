"""Joins columns that tell instruments of one symbol apart: classes of shares, expiries and strikes, base and quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.column_names import plain
from feeds.files.parsing.table import Names, Rows
from feeds.files.recognition.contract_columns import SUFFIXES, VENUES, is_always_joined
from feeds.files.recognition.plan import Plan
from feeds.files.report import FileReport, excerpt
from ticker.errors import FeedError

#: Rows that are examined for several at one time.
_FIRST: Final = 1000


class Contracts:
    """The contract columns of one file. Its first rows decide whether they are joined to the symbol.

    They are if a symbol has several contracts: where the symbol is the contract already, each has one.
    """

    def __init__(self, plan: Plan, report: FileReport) -> None:
        self._symbol = plan.views[0].columns["symbol"]
        self._stamps = tuple(plan.stamps.values())
        self._places = plan.contract
        self._names = plan.names
        self._report = report
        self._is_joined: bool | None = None
        #: The contract of each symbol, if they are not joined.
        self._known: dict[str, tuple[str, ...]] = {}

    def joined(self, rows: Rows) -> Rows:
        """``rows`` with the whole symbols. Raises ``FeedError`` for a second contract after the first rows."""
        if self._is_joined is None and not self._are_doubled(rows):
            self._places = tuple(place for place in self._places if plain(self._names[place]) not in VENUES)
        if not self._places:
            self._is_joined = False
            return rows
        columns = [rows.columns[place] for place in (self._symbol, *self._places)]
        names = [column for column in columns if isinstance(column, Names)]
        if len(names) < len(columns) or not len(rows.lines):
            return rows
        key = names[0].places.astype(np.int64)
        for column in names[1:]:
            key = key * len(column.names) + column.places
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        texts = [tuple(column.names[column.places[row]].strip() for column in names) for row in first.tolist()]
        if self._is_joined is None:
            self._is_joined = self._decide(texts)
        if not self._is_joined:
            self._check(texts, first, rows)
            return rows
        whole = Names(np.asarray(inverse, np.intp).reshape(-1), [self._whole(each) for each in texts])
        return replace(rows, columns={**rows.columns, self._symbol: whole})

    def _are_doubled(self, rows: Rows) -> bool:
        """Whether a symbol has several of the first rows at one time."""
        places = (self._symbol, *self._stamps)
        seen = [tuple(rows.text(row, place) for place in places) for row in range(min(len(rows.lines), _FIRST))]
        return len(set(seen)) < len(seen)

    def _decide(self, texts: Sequence[tuple[str, ...]]) -> bool:
        several = len({each[0] for each in texts}) < len(texts)
        if not several and not any(is_always_joined(self._names[place]) for place in self._places):
            return False
        listed = ", ".join(repr(self._names[place]) for place in (self._symbol, *self._places))
        self._report.note(f"symbols are joined from the columns {listed}", "--columns")
        return True

    def _whole(self, texts: tuple[str, ...]) -> str:
        symbol, *parts = texts
        if not symbol:
            return ""
        marks = ("." if plain(self._names[place]) in SUFFIXES else "-" for place in self._places)
        # Tables have dates with a time of day.
        parts = [part.removesuffix(" 00:00:00") for part in parts]
        return symbol + "".join(mark + part for mark, part in zip(marks, parts, strict=True) if part)

    def _check(self, texts: Sequence[tuple[str, ...]], first: npt.NDArray[np.intp], rows: Rows) -> None:
        for (symbol, *parts), row in zip(texts, first.tolist(), strict=True):
            known = self._known.setdefault(symbol, tuple(parts))
            for place, text, other in zip(self._places, parts, known, strict=True):
                if text != other:
                    raise FeedError(
                        f"{self._report.name}:{rows.lines[row]}: column {self._names[place]!r}: {excerpt(text)!r} is "
                        f"another contract of {excerpt(symbol)!r} than {excerpt(other)!r} in the rows before; "
                        "name a column with whole symbols: --columns symbol=NAME"
                    )

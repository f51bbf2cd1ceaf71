"""What trades of a file have besides price and size: sale conditions, ids, corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from feeds.files.check import Check
from feeds.files.condition_texts import Vocabulary, may_be_codes, read_conditions
from feeds.files.corrections import indicator
from feeds.files.parsing.column_names import DETAIL_ROLES
from feeds.files.parsing.dates import Mask
from feeds.files.parsing.table import Names
from feeds.files.recognition.plan import Plan
from feeds.files.report import ConditionCount, FileReport
from feeds.files.trade_ids import ids_of, repeated
from ticker.conditions import REGULAR, ConditionTable, Updates
from ticker.model import Corrections, Ints, Stamps, SymbolTable, Trades
from ticker.sale_conditions import BY_CODE, depends_on_tape, described, tape_of

#: More condition sets than this in one file: the column holds something else.
MAX_SETS: Final = 4096
#: Unknown conditions that a note names.
_NAMED: Final = 5
_OF_A_TAPE: Final = " or ".join(filter(depends_on_tape, BY_CODE))
_LAST: Final = Updates.LAST | Updates.LAST_IF_FIRST
#: How Massive's symbols of crypto, options, currencies and indices begin.
_NOT_STOCKS: Final = ("X:", "O:", "C:", "I:")
_CHANGES: Final = frozenset({"cancel", "correct", "late"})


def has_details(plan: Plan) -> bool:
    """Whether a file has any of these columns. Those of several symbols in a row belong to none."""
    return not plan.is_wide and bool(plan.views[0].columns.keys() & set(DETAIL_ROLES))


def is_stock(symbol: str) -> bool:
    """Whether a vendor of US stocks would name a stock so; it has crypto and currencies too (X:BTC-USD, BTC/USD)."""
    return not symbol.startswith(_NOT_STOCKS) and "/" not in symbol


class Found(NamedTuple):
    """The trades of a block, when each is played (None: at its timestamp), and the corrections of trades.

    ``before`` is how many trades of the block are before each correction.
    """

    trades: Trades
    played: Stamps | None
    corrections: Corrections | None
    before: npt.NDArray[np.intp] | None = None


class _Set(NamedTuple):
    """A condition set of the file: its code in the table, and what it means."""

    code: int
    conditions: tuple[str, ...]
    updates: Updates
    unknown: tuple[str, ...]


class TradeDetails:
    """Reads these columns of one file, block by block. ``table`` gets its condition sets."""

    def __init__(self, vocabulary: Vocabulary, symbols: SymbolTable, table: ConditionTable) -> None:
        self._vocabulary = vocabulary
        self._symbols = symbols
        self._table = table
        self._sets: dict[tuple[str, str], _Set] = {}
        self._by_code: dict[int, _Set] = {}
        self._counts: Counter[_Set] = Counter()
        self._left_out: Counter[str] = Counter()
        self._unknown_indicators: Counter[str] = Counter()
        self._repeated = self._trades = 0
        self._too_many = False
        self._are_codes: bool | None = None
        #: The highest timestamp of a recording so far: its late trades and corrections are played then.
        self._reached = 0

    # While a block is checked

    def left_out(self, check: Check, columns: Mapping[str, int]) -> Mask:
        """The rows that are not played: cancelled trades, and records about others."""
        if "correction" not in columns:
            return np.zeros_like(check.good)
        names = check.texts(columns["correction"])
        said = [indicator(name) for name in names.names]
        rows = np.bincount(names.places[check.good], minlength=len(said)).tolist()
        for name, each, count in zip(names.names, said, rows, strict=True):
            if each is None and count:
                self._unknown_indicators[name] += count
            elif each is not None and each.reason and count:
                self._left_out[each.reason] += count
        found: Mask = np.array([each is not None and not each.counts for each in said], np.bool_)[names.places]
        return found

    def cancels(self, check: Check, columns: Mapping[str, int]) -> Mask:
        """The rows of a recording that take a trade back. Rows with another word as change are refused."""
        if "change" not in columns:
            return np.zeros_like(check.good)
        names = check.texts(columns["change"])
        check.refuse(_among(names, lambda name: name not in ("", *_CHANGES)), "not a change", columns["change"])
        return _among(names, lambda name: name == "cancel")

    # After it was checked

    def read(
        self, check: Check, columns: Mapping[str, int], stamps: Stamps, rows: npt.NDArray[np.intp], plain: Trades
    ) -> Found:
        """``plain`` with these columns: the trades of ``rows``, among them those that take one back.

        ``stamps`` are the timestamps of all rows of the block.
        """
        ids = ids_of(check.column(columns["id"]), rows) if "id" in columns else None
        condition = self._conditions(check, columns, rows, plain.symbol) if "conditions" in columns else None
        trades = Trades(plain.symbol, plain.ts, plain.price, plain.size, condition, ids)
        if "change" not in columns:
            self._count(trades)
            return Found(trades, None, None)
        names = check.texts(columns["change"])
        changes = _among(names, lambda name: name != "")
        played, changed = self._played(stamps, changes, check.good)[rows], changes[rows]
        correcting = _among(names, lambda name: name in ("cancel", "correct"))[rows]
        corrections = before = None
        if correcting.any():
            before = np.cumsum(~correcting, dtype=np.intp)[correcting]
            cancelled = _among(names, lambda name: name == "cancel")[rows][correcting]
            corrections = self._corrections(trades[correcting], played[correcting], cancelled)
        trades = trades[~correcting]
        self._count(trades)
        return Found(trades, played[~correcting] if changed.any() else None, corrections, before)

    def _played(self, stamps: Stamps, changed: Mask, good: Mask) -> Stamps:
        """When rows of a recording are played: those that change something, when they arrived."""
        reached = np.maximum(np.maximum.accumulate(np.where(changed | ~good, 0, stamps)), self._reached)
        self._reached = int(reached[-1])
        return np.where(changed, np.maximum(reached, stamps), stamps)

    def _corrections(self, trades: Trades, played: Stamps, cancelled: Mask) -> Corrections:
        ids = np.zeros(len(trades), np.int64) if trades.id is None else trades.id
        price, size = (np.where(cancelled, np.nan, column) for column in (trades.price, trades.size))
        return Corrections(
            self._symbols, trades.symbol, ids, played, price, size, trades.condition, conditions=self._table
        )

    def _conditions(self, check: Check, columns: Mapping[str, int], rows: npt.NDArray[np.intp], symbol: Ints) -> Ints:
        """The code of each row. Each distinct pair of text and tape is looked up once."""
        texts = check.texts(columns["conditions"])
        tapes = check.texts(columns["tape"]) if "tape" in columns else Names(np.zeros_like(texts.places), [""])
        pairs = texts.places[rows] * len(tapes.names) + tapes.places[rows]
        used, places = np.unique(pairs, return_inverse=True)
        if self._vocabulary == "any":
            self._decide([texts.names[pair // len(tapes.names)] for pair in used.tolist()])
        elif self._vocabulary == "massive" and self._are_codes is None:
            names = (self._symbols[code] for code in np.unique(symbol).tolist())
            self._are_codes = all(map(is_stock, names))  # condition ids of others mean something else
        found = [
            self._set(texts.names[pair // len(tapes.names)], tapes.names[pair % len(tapes.names)])
            for pair in used.tolist()
        ]
        for each in found:
            self._by_code[each.code] = each
        return np.array([each.code for each in found], np.int32)[places]

    def _decide(self, texts: list[str]) -> None:
        """Whether the texts of a file that doesn't say it are codes of the processors: all of them, or one is `@`."""
        texts = [text for text in texts if text]
        if self._are_codes is None and texts:
            self._are_codes = any("@" in text for text in texts) or all(map(may_be_codes, texts))

    def _set(self, text: str, tape: str) -> _Set:
        known = self._sets.get((text, tape))
        if known is not None:
            return known
        if len(self._sets) >= MAX_SETS:
            self._too_many = True
            return _Set(0, (), REGULAR, ())
        vocabulary: Vocabulary = "other" if self._are_codes is False else self._vocabulary
        conditions, updates, unknown = read_conditions(text, vocabulary, tape_of(tape))
        found = _Set(self._table.code(conditions, updates), conditions, updates, unknown)
        self._sets[text, tape] = found
        return found

    def _count(self, trades: Trades) -> None:
        self._trades += len(trades)
        if trades.condition is not None:
            for code, count in zip(*np.unique(trades.condition, return_counts=True), strict=True):
                self._counts[self._by_code[int(code)]] += int(count)
        if trades.id is not None:
            self._repeated += repeated(trades.symbol, trades.id)

    # At the end of the file

    def report(self, report: FileReport) -> None:
        """Fill in the condition sets and what was left out, and note what a person should know."""
        report.conditions = [
            ConditionCount(" ".join(each.conditions), described(each.updates), count, each.unknown)
            for each, count in self._counts.most_common()
            if each.conditions
        ]
        report.left_out = self._left_out
        if self._left_out:
            parts = [f"{rows:,} {reason}{'' if rows == 1 else 's'}" for reason, rows in self._left_out.most_common()]
            report.note(f"{', '.join(parts)} left out")
        if self._unknown_indicators:
            listed = ", ".join(repr(name) for name, _ in self._unknown_indicators.most_common(_NAMED))
            count = _trades(self._unknown_indicators.total())
            report.note(f"unknown correction indicators {listed} on {count}: they are played")
        self._note_conditions(report)
        if self._repeated:
            report.note(f"at least {_trades(self._repeated)} with the id of another trade of the same symbol")

    def _note_conditions(self, report: FileReport) -> None:
        quiet = sum(count for each, count in self._counts.items() if not each.updates & _LAST)
        if quiet:
            report.note(f"{_trades(quiet)} of {self._trades:,} set no last price, by their sale conditions")
        unknown = [(each, count) for each, count in self._counts.items() if each.unknown]
        if unknown:
            names = list(dict.fromkeys(name for each, _ in unknown for name in each.unknown))
            more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            listed = ", ".join(repr(name) for name in names[:_NAMED])
            report.note(
                f"unknown sale conditions {listed}{more} on {_trades(sum(count for _, count in unknown))}: "
                "they update everything"
            )
        if self._vocabulary == "any" and any(each.conditions and not each.unknown for each in self._counts):
            report.note("sale conditions taken as those of US stocks (CTA, UTP)")
        either = sum(
            count
            for each, count in self._counts.items()
            if any(map(depends_on_tape, each.conditions)) and not {"CTA", "UTP"} & set(each.conditions)
        )
        if either:
            report.note(f"{_trades(either)} with condition {_OF_A_TAPE} and no tape: they update what both tapes allow")
        if self._too_many:
            report.note(f"more than {MAX_SETS:,} different sale conditions: the others were left out")


def _among(names: Names, wanted: Callable[[str], bool]) -> Mask:
    """The rows whose text is wanted."""
    found: Mask = np.array([wanted(name) for name in names.names], np.bool_)[names.places]
    return found


def _trades(count: int) -> str:
    return f"{count:,} trade{'' if count == 1 else 's'}"

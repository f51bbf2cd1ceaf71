"""Decides the decimal marks of a file's columns, and reads its columns of numbers with them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from feeds.files.options import ReadOptions
from feeds.files.parsing.decimal_marks import Columns, Evidence, decide
from feeds.files.parsing.dialect import Dialect, dialect_of
from feeds.files.parsing.fractions import Fractions, fraction, fractions_in, read_fractions
from feeds.files.parsing.numbers import Mark, number, read_numbers, units_of
from feeds.files.parsing.split import csv_split
from feeds.files.parsing.table import Column, Names, Numbers, Rows, Shape
from feeds.files.parsing.typed_columns import rows_of
from feeds.files.recognition.plan import Plan
from feeds.files.report import FileReport, Way, excerpt
from feeds.files.sources.source import Source
from ticker.errors import FeedError

#: Texts that pandas reads as numbers.
_PLAIN: Final = {
    mark: re.compile(rf"\s*(?:[-+]?(?:\d+(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?)?\s*", re.ASCII)
    for mark, point in ((".", r"\."), (",", ","))
}
#: A decimal point that separates no thousands.
_POINT = re.compile(r"\d*\.(?!\d{3}$)\d*|0\d*\.\d*|\d{4,}\.\d*", re.ASCII)
#: Roles whose columns have prices.
_PRICES: Final = frozenset({"price", "bid", "ask", "open", "high", "low", "close", "vwap"})
#: At most this many of the files read beside a file are asked.
_BESIDE: Final = 50
_OTHER: Final[Mapping[Mark, Mark]] = {".": ",", ",": "."}
_NAMES: Final[Mapping[Mark, str]] = {".": "point", ",": "comma"}


class Decimals:
    """The decimal marks of the columns of ``source``. ``beside`` are the files read together with it."""

    def __init__(self, source: Source, beside: Sequence[Source], options: ReadOptions, report: FileReport) -> None:
        self._source = source
        self._beside = beside
        self._report = report
        self._given: Mark | None = "," if options.decimal == "," else "." if options.decimal == "." else None
        self._in_fractions = options.decimal == "32"
        self._marks: dict[int, Mark] = {}
        #: The price columns, and how they are written, if it is in fractions.
        self._fractions: Fractions | None = None
        self._fraction_places: frozenset[int] = frozenset()
        #: Columns whose mark was decided with a comma in sight.
        self._decided: set[int] = set()
        self._plan: Plan | None = None
        self._header: tuple[str, ...] | None = None
        self._first: dict[int, tuple[int, str]] = {}
        #: Whether the rows of other files decided.
        self._is_borrowed = False

    def settle(self, plan: Plan, dialect: Dialect) -> Plan:
        """Decide from the first rows, and if they leave it open from all. The plan says how columns are split.

        Raises ``FeedError`` that names a text that may be two numbers, or texts that contradict each other.
        """
        self._plan, self._header = plan, dialect.header
        places = sorted(plan.shape.numbers)
        lines = [line.number for line in dialect.rows]
        words = {place: [line.fields[place].strip() for line in dialect.rows] for place in places}
        if self._given is not None:
            self._marks = dict.fromkeys(places, self._given)
            self._decided = set(places)
        elif any(map(_needs_evidence, words.values())):
            columns = _columns(plan, is_table=self._source.is_table)
            texts = [
                [field.strip() for field in fields]
                for fields in zip(*(line.fields for line in dialect.rows), strict=True)
            ]
            self._add(columns, lines, dict(enumerate(texts)), self._source)
            self._decide(columns)
        else:
            self._marks = dict.fromkeys(places, ".")
            for place, column in words.items():
                example = next((each for each in zip(lines, column, strict=True) if _POINT.fullmatch(each[1])), None)
                if example is not None:
                    self._decided.add(place)
                    self._first[place] = example
        self._settle_fractions(plan, words, dialect)
        whole: Mark = "," if places and all(mark == "," for mark in self._marks.values()) else "."
        as_texts = {place for place in places if self._marks[place] != whole or _is_untidy(words[place], whole)}
        as_texts |= self._fraction_places
        return replace(plan, shape=replace(plan.shape, decimal=whole, texts=frozenset(as_texts)))

    def _settle_fractions(self, plan: Plan, words: Mapping[int, Sequence[str]], dialect: Dialect) -> None:
        """Decide whether prices are in fractions. Raises ``FeedError`` for texts that may be thousands too."""
        prices = sorted({at for view in plan.views for role, at in view.columns.items() if role in _PRICES})
        if self._given is not None or not prices:
            return
        symbol = plan.views[0].columns.get("symbol")
        names = {*self._source.names, *(line.fields[symbol] for line in dialect.rows if symbol is not None)}
        texts = [word for place in prices for word in words[place]]
        found = fractions_in(texts, sorted(names), stated=self._in_fractions)
        if found is None:
            if self._in_fractions:
                raise FeedError(f"{self._report.name}: --decimal 32: its prices are not written in 32nds, as 110'165")
            return
        if found.is_open:
            place = next(place for place in prices if found.example in words[place])
            line, value = dialect.rows[words[place].index(found.example)].number, fraction(found.example, found.unit)
            raise FeedError(
                f"{self._report.name}:{line}: column {plan.names[place]!r}: {excerpt(found.example)!r} may be "
                f"{number(found.example):.12g} or, in 32nds, {value:.12g}, and no row tells which; "
                "use --decimal . or --decimal 32"
            )
        self._fractions, self._fraction_places = found, frozenset(prices)
        value = fraction(found.example, found.unit)
        what = f"{found.unit}{'nds' if found.unit == 32 else 'ths'}" if found.unit else "fractions"
        self._report.note(f"prices are in {what}: {excerpt(found.example)!r} is {value:.12g}", "--decimal")

    def read(self, rows: Rows) -> Rows:
        """The rows with columns of texts read as numbers. Raises ``FeedError`` as ``settle`` does."""
        columns = dict(rows.columns)
        self._note_ways()
        for place in self._marks:
            column = columns[place]
            if isinstance(column, np.ndarray):
                columns[place] = self._numbers(rows, place, column.astype(object))
        return replace(rows, columns=columns)

    def _note_ways(self) -> None:
        """Note the marks that texts of the file show, for comparison with other files."""
        if self._given is None and self._plan is not None and not self._is_borrowed:
            for place in self._decided & self._first.keys():
                name, (line, text) = self._plan.names[place], self._first[place]
                says = f"with a decimal {_NAMES[self._marks[place]]}"
                self._report.ways[f"decimals of {name}"] = Way(says, line, name, text.strip())

    def _numbers(self, rows: Rows, place: int, words: np.ndarray[tuple[int], np.dtype[np.object_]]) -> Numbers:
        if self._fractions is not None and place in self._fraction_places:
            return read_fractions(words, self._fractions.unit)
        if place not in self._decided and any("," in word for word in words.tolist()):
            self._decide_again(place)
        mark = self._marks[place]
        found = read_numbers(words, mark)
        units = units_of(words.tolist())
        for unit in sorted(units if len(units) > 1 else units - {"$"}):
            self._report.note(f"prices or sizes are written with {unit!r}: taken as they stand")
        if self._given is None and found.wrong.any():
            for row in np.flatnonzero(found.wrong).tolist():
                if not np.isnan(number(words[row], _OTHER[mark])):
                    raise FeedError(self._contradiction(place, int(rows.lines[row]), words[row], _OTHER[mark]))
        return found

    def _decide(self, columns: Columns) -> None:
        """Decide from the first rows in ``columns``; if these leave a column open, from all rows."""
        marks = decide(columns, by_values=False)
        if None in marks.values():
            self._contradict(columns)
            columns, marks = self._of_all()
        self._take(columns, marks)

    def _of_all(self, place: int | None = None) -> tuple[Columns, dict[int, Mark | None]]:
        """The evidence in all rows of this file, and if they leave it open of those beside it, until it is enough.

        It is not enough before the comma in the column at ``place``, because of which it is asked for.
        """
        plan = self._plan
        assert plan is not None
        columns = _columns(plan, is_table=self._source.is_table)
        usual: Mark | None = "," if plan.shape.delimiter == ";" else None
        others = itertools.islice((each for each in self._beside if each is not self._source), _BESIDE)
        for source in (self._source, *others):
            if source is not self._source and not self._is_alike(source):
                continue
            self._is_borrowed |= source is not self._source
            for _ in self._added(columns, source):
                marks = decide(columns, by_values=False)
                awaited = None if place is None else columns.read[place]
                if None not in marks.values() and (awaited is None or awaited.comma or awaited.either):
                    return columns, marks
            if source is self._source:
                self._contradict(columns)
            marks = decide(columns, by_values=True, usual=usual)
            if None not in marks.values():
                return columns, marks
        return columns, marks

    def _added(self, columns: Columns, source: Source) -> Iterator[None]:
        """Add the rows of a source to the evidence, a block at a time."""
        assert self._plan is not None
        shape = self._plan.shape
        # Of tables only the columns that are read: others may be large.
        places = shape.numbers | shape.names if source.is_table else frozenset(range(shape.width))
        whole = Shape(shape.width, shape.delimiter, ".", frozenset(), places, frozenset())
        for rows in _rows(source, whole):
            texts = {place: _stripped(rows.columns[place]) for place in places}
            if len(rows.lines):
                self._add(columns, rows.lines.tolist(), texts, source)
            yield

    def _add(self, columns: Columns, lines: Sequence[int], texts: Mapping[int, Sequence[str]], source: Source) -> None:
        """Add rows to the evidence."""
        assert self._plan is not None
        symbol = self._plan.views[0].columns.get("symbol")
        symbols = [source.name] * len(lines) if symbol is None else [source.name + name for name in texts[symbol]]
        columns.add(lines, texts, symbols)

    def _is_alike(self, source: Source) -> bool:
        """Whether another file has the same columns."""
        assert self._plan is not None
        if source.is_table or self._source.is_table:
            return False
        for block in source.blocks():
            if block.data.strip():
                dialect = dialect_of(block.data, source.name)
                return (dialect.header, dialect.delimiter) == (self._header, self._plan.shape.delimiter)
        return False

    def _decide_again(self, place: int) -> None:
        """Decide with all rows: the first ones had no comma in this column."""
        columns, marks = self._of_all(place)
        evidence = columns.read[place]
        earlier = evidence.pointed or evidence.point
        if marks[place] == "," and self._marks[place] == "." and earlier is not None:
            comma = evidence.comma or evidence.either
            assert comma is not None
            self._first[place] = earlier
            raise FeedError(self._contradiction(place, *comma, ","))
        self._take(columns, marks)

    def _take(self, columns: Columns, marks: Mapping[int, Mark | None]) -> None:
        for place, evidence in columns.read.items():
            mark = marks[place]
            if mark is None:
                raise FeedError(self._open(place, evidence))
            if place in self._decided:
                continue
            self._marks[place] = mark
            example = evidence.comma or evidence.either or evidence.point or evidence.pointed
            if example is not None:
                self._first[place] = example
            if evidence.mark is not None or evidence.either or mark == ",":
                self._decided.add(place)
        self._note(columns)

    def _note(self, columns: Columns) -> None:
        """Note decimal commas where they are unusual, and thousands that no text of the file proves."""
        assert self._plan is not None
        is_told = any(each.mark == "." for each in (*columns.read.values(), *columns.others.values()))
        for place, evidence in columns.read.items():
            mark = self._marks[place]
            example = evidence.comma or evidence.either
            if example is None or (mark == "." and is_told):
                continue
            value = number(example.text, mark)
            if mark == "," and self._plan.shape.delimiter != ";":
                self._report.note(
                    f"numbers have a decimal comma: {excerpt(example.text)!r} is {value:.12g}", "--decimal"
                )
                return
            if mark == ".":
                text = f"commas separate thousands: {excerpt(example.text)!r} is {value:.12g}"
                self._report.note(text, "--decimal")
                return

    def _contradict(self, columns: Columns) -> None:
        """Raise for a column of which some texts can only have a decimal point, and others only a decimal comma."""
        for place, evidence in columns.read.items():
            if evidence.point is not None and evidence.comma is not None:
                first, second = sorted((evidence.point, evidence.comma))
                self._first[place] = first
                mark: Mark = "," if second is evidence.comma else "."
                raise FeedError(self._contradiction(place, *second, mark))

    def _contradiction(self, place: int, line: int, text: str, mark: Mark) -> str:
        assert self._plan is not None
        first = self._first.get(place)
        other = _NAMES[_OTHER[mark]]
        before = f"{excerpt(first[1])!r} in line {first[0]} has" if first is not None else "the rows before have"
        return (
            f"{self._report.name}:{line}: column {self._plan.names[place]!r}: {excerpt(text.strip())!r} has a decimal "
            f"{_NAMES[mark]}, but {before} a decimal {other}; use --decimal {mark} or --decimal {_OTHER[mark]}"
        )

    def _open(self, place: int, evidence: Evidence) -> str:
        assert self._plan is not None
        example = evidence.either or evidence.pointed
        assert example is not None
        comma, point = (f"{number(example.text, mark):.12g}" for mark in (",", "."))
        return (
            f"{self._report.name}:{example.line}: column {self._plan.names[place]!r}: {excerpt(example.text)!r} may be "
            f"{comma} or {point}, and no row tells which; use --decimal , or --decimal ."
        )


def _columns(plan: Plan, *, is_table: bool) -> Columns:
    """No evidence yet, for the columns of a plan."""
    read = {place: Evidence() for place in sorted(plan.shape.numbers)}
    taken = {*read, *plan.shape.names, *plan.shape.stamps}
    others = {} if is_table else {place: Evidence() for place in range(plan.shape.width) if place not in taken}
    prices = [sorted({at for role, at in view.columns.items() if role in _PRICES}) for view in plan.views]
    return Columns(read, others, prices)


def _needs_evidence(words: Sequence[str]) -> bool:
    """Whether texts have commas, or points of which none is surely a decimal one."""
    pointed = [word for word in words if "." in word]
    return any("," in word for word in words) or (bool(pointed) and not any(map(_POINT.fullmatch, pointed)))


def _is_untidy(words: Sequence[str], mark: Mark) -> bool:
    """Whether many texts of a column are numbers that pandas doesn't read: with groups, currencies or units."""
    return sum(not _PLAIN[mark].fullmatch(word) for word in words) * 4 > len(words)


def _stripped(column: Column) -> list[str]:
    """The texts of a column that was split as one of names."""
    if isinstance(column, Names):
        return [str(column.names[place]).strip() for place in column.places.tolist()]
    assert isinstance(column, np.ndarray)
    return [str(text).strip() for text in column.tolist()]


def _rows(source: Source, shape: Shape) -> Iterator[Rows]:
    """All rows of a source, header and banner included, as texts."""
    if source.is_table:
        for table in source.tables(shape.wanted):
            yield rows_of(table, shape)
    else:
        for block in source.blocks():
            yield csv_split(block, shape)

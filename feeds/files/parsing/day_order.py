"""Decides whether 03/04/2024 is in March or in April, from all rows of a file and of the files read with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from feeds.files.parsing.dates import DAY_NS, Mask
from feeds.files.parsing.table import Lines
from feeds.files.parsing.timestamp_formats import Reading, parser_of
from feeds.files.parsing.timestamp_parsers import LOCAL, UTC, Calendar, Order
from feeds.files.parsing.timestamps import Texts, parse_timestamps, shape_of, shapes_of
from ticker.errors import FeedError
from ticker.model import Stamps

NAMES: Final[dict[Order, str]] = {"mdy": "month first", "dmy": "day first", "ymd": "year first"}
#: The distance of consecutive days is this many times shorter in the right order: days against months.
_CLOSER: Final = 5
_SATURDAY: Final = 5
#: Forms of timestamps examined.
_FORMS: Final = 1000


class Seen(NamedTuple):
    """A date that exists in some of the orders only."""

    file: str
    line: int
    text: str


def orders_of(text: str, reading: Reading) -> tuple[Order, ...]:
    """The orders in which the parts of a date like ``text`` can stand; empty if there is only one."""
    parser = parser_of(shape_of(text), reading)
    return parser.orders if isinstance(parser, Calendar) else ()


def ambiguous_in(texts: Texts, reading: Reading) -> tuple[tuple[Order, ...], str]:
    """The first form of date among ``texts`` whose parts can stand in several orders, and a text of that form."""
    if not len(texts) or not texts.dtype.itemsize:
        return (), ""
    _, rows = np.unique(_shapes(texts), return_index=True)
    for row in sorted(rows.tolist())[:_FORMS]:
        text = bytes(texts[row]).decode("utf-8", "replace")
        if orders := orders_of(text, reading):
            return orders, text
    return (), ""


def _shapes(texts: Texts) -> Texts:
    return shapes_of(np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), -1))


@dataclass(slots=True)
class DayOrder:
    """Collects evidence. ``only`` are the first dates that exist in one order only; ``days`` the days in each order."""

    orders: tuple[Order, ...]
    reading: Reading = "stamp"
    only: dict[Order, Seen] = field(default_factory=dict)
    _days: dict[Order, Any] = field(default_factory=dict)
    _possible: dict[Order, None] = field(default_factory=dict)
    #: Whether the days go back, and whether they go on, by order.
    _moves: dict[Order, set[bool]] = field(default_factory=dict)
    _last: dict[Order, int] = field(default_factory=dict)

    def add(self, texts: Texts, lines: Lines, file: str) -> None:
        """Add the dates of a block of rows."""
        if not len(texts) or not texts.dtype.itemsize:
            return
        read = {order: parse_timestamps(texts, self.reading, order=order) for order in self.orders}
        valid = {order: (found.kind == LOCAL) | (found.kind == UTC) for order, found in read.items()}
        ambiguous = self._ambiguous(texts)
        count = sum(each.astype(np.int8) for each in valid.values())
        for order, found in read.items():
            alone = valid[order] & (count == 1)
            if order not in self.only and alone.any():
                row = int(alone.argmax())
                text = texts[row] if isinstance(texts[row], str) else texts[row].decode("utf-8", "replace")
                self.only[order] = Seen(file, int(lines[row]), text)
            if valid[order].any():
                self._possible[order] = None
            days: Stamps = found.value[valid[order] & ambiguous] // DAY_NS
            if len(days):
                steps = np.diff(days, prepend=self._last.get(order, days[0]))
                self._moves.setdefault(order, set()).update(np.unique(steps[steps != 0] > 0).tolist())
                self._last[order] = int(days[-1])
                self._days[order] = np.union1d(self._days.get(order, days[:0]), days)

    def _ambiguous(self, texts: Texts) -> Mask:
        """The texts in a form whose parts can stand in several orders: others, such as 2024-02-01, show nothing."""
        shapes, places = np.unique(_shapes(texts), return_inverse=True)
        parsers = [parser_of(bytes(shape), self.reading) for shape in shapes.tolist()]
        found: Mask = np.array([isinstance(each, Calendar) and bool(each.orders) for each in parsers])[places]
        return found

    def merge(self, other: DayOrder) -> None:
        """Add the evidence of another file."""
        self.only = {**other.only, **self.only}
        self._possible.update(other._possible)
        for order, days in other._days.items():
            self._days[order] = np.union1d(self._days.get(order, days[:0]), days)
            self._moves.setdefault(order, set()).update(other._moves.get(order, set()))

    def check(self, column: str) -> None:
        """Raise ``FeedError`` if some dates exist in one order only, and others only in another."""
        if len(self.only) > 1:
            pairs = sorted(self.only.items(), key=lambda pair: (pair[1].file, pair[1].line))
            (one, first), (other, second), *_ = pairs
            where = f"line {second.line}" if second.file == first.file else f"{second.file}:{second.line}"
            raise FeedError(
                f"{first.file}:{first.line}: column {column!r}: {first.text!r} is a date only {NAMES[one]}, but "
                f"{second.text!r} in {where} only {NAMES[other]}; use --day-first or --month-first"
            )

    @property
    def possible(self) -> tuple[Order, ...]:
        """The orders in which there are dates."""
        return tuple(self._possible)

    @property
    def by_rows(self) -> Order | None:
        """The order of the dates that exist in one order only."""
        return next(iter(self.only)) if len(self.only) == 1 else None

    @property
    def by_working_days(self) -> tuple[Order, str] | None:
        """The order in which the dates are days of a market's calendar, and why; None if they are in several."""
        ways = {order: _Way.of(days, self._moves.get(order, set())) for order, days in self._days.items()}
        if len(ways) < 2:
            return next(((order, "no other order gives dates") for order in ways), None)
        most = max(way.count for way in ways.values())
        ways = {order: way for order, way in ways.items() if way.count == most}
        if len(ways) == 1:
            return next(iter(ways)), "most rows are dates only so"
        for why, better in (
            ("otherwise all dates are in one month of several years", [not way.is_one_month for way in ways.values()]),
            ("so they are days apart, not months", _closest(ways)),
            ("so they are in order", [way.is_sorted for way in ways.values()]),
            ("otherwise some are on weekends", [not way.has_weekends for way in ways.values()]),
        ):
            if sum(better) == 1:
                order = list(ways)[better.index(True)]
                # Cryptocurrencies trade on weekends: that is less odd than a year of two digits in the first place.
                return None if order == "ymd" and "weekends" in why else (order, why)
        return None


@dataclass(frozen=True, slots=True)
class _Way:
    """The dates in one order."""

    count: int
    is_one_month: bool
    has_weekends: bool
    is_sorted: bool
    distance: float

    @classmethod
    def of(cls, days: Stamps, moves: set[bool]) -> _Way:
        months = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
        years = len(np.unique(months // 12))
        return cls(
            count=len(days),
            is_one_month=years > 1 and len(np.unique(months % 12)) == 1,
            # 1970-01-01 was a Thursday.
            has_weekends=bool(((days + 3) % 7 >= _SATURDAY).any()),
            is_sorted=len(moves) < 2,
            distance=float(np.median(np.diff(days))) if len(days) > 1 else 0.0,
        )


def _closest(ways: dict[Order, _Way]) -> list[bool]:
    distances = [way.distance for way in ways.values()]
    least = min(distances)
    close = [distance == least for distance in distances]
    others = [distance for distance in distances if distance > least]
    return close if others and min(others) >= _CLOSER * max(least, 1) else [False] * len(close)

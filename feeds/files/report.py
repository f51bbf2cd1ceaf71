"""What was understood of a file, for ``ticker inspect`` and for the log of a replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ticker.calendar import MarketCalendar
from ticker.errors import FeedError

#: Complaints kept per file; all refused rows are counted.
COMPLAINTS = 20
_MAX_TEXT = 80


def excerpt(text: str) -> str:
    """Text of a file for a message: at most 80 characters, encodable as UTF-8. Printing it escapes the rest."""
    if len(text) > _MAX_TEXT:
        text = text[: _MAX_TEXT - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True, kw_only=True)
class Complaint:
    """Why a row is refused. One bad line may spoil several rows."""

    line: int
    column: str | None
    text: str | None
    reason: str

    def message(self, file: str) -> str:
        """``trades.csv:17: column 'price': 'abc' is not a price``."""
        place = f"{file}:{self.line}: "
        column = f"column {self.column!r}: " if self.column is not None else ""
        text = f"{self.text!r} is " if self.text is not None else ""
        return f"{place}{column}{text}{self.reason}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was assumed, put right or left out, in one sentence. ``option`` states it otherwise."""

    text: str
    option: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionCount:
    """A set of sale conditions: what it updates, for people, its number of trades, and those that are unknown."""

    conditions: str
    updates: str
    trades: int
    unknown: tuple[str, ...] = ()


class Way(NamedTuple):
    """How a file writes something, such as its dates: ``says``, in words, and a text that shows it."""

    says: str
    line: int
    column: str
    text: str


@dataclass(slots=True, kw_only=True)
class Gap:
    """A period without rows that is long for this file, in ns."""

    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class FileReport:
    """One file or archive member. The reader fills it in; it is complete when the reader has finished.

    ``how`` says where time_zone, price_scale, date and symbol come from: "file", "name", "layout", "option", "assumed".
    """

    name: str
    path: str
    compression: str | None = None
    #: Which of the given paths it is from: a folder or an archive has several files.
    given: int = 0
    #: The names in the header, or of typed columns; empty without a header.
    header: tuple[str, ...] = ()
    #: The line and the text of the header, or of the first row.
    head: tuple[int, str] = (0, "")
    #: How it writes what files of one layout write alike: dates, zones, decimal marks, stamps of bars.
    ways: dict[str, Way] = field(default_factory=dict)
    #: The first timestamp with a time of day.
    first_stamp: Way | None = None
    layout: str = ""
    title: str = ""
    kind: Literal["trades", "quotes", "ticks", "bars"] = "ticks"
    delimiter: str | None = None
    header_line: int | None = None
    banner_lines: int = 0
    #: Role to the column's name, or its number as text where there is no header.
    columns: Mapping[str, str] = field(default_factory=dict)
    #: Role to the column's place, from 0.
    places: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    time_zone: str = "UTC"
    stamp_form: str = ""
    #: Whether the timestamps are months.
    has_months: bool = False
    price_scale: float = 1.0
    date: str | None = None
    how: dict[str, str] = field(default_factory=dict)
    order: Literal["time", "newest first", "grouped by symbol", "mixed"] = "time"
    #: In mixed order: how many rows are out of order, and by how much (ns) at most.
    misplaced_rows: int = 0
    misplaced_by_ns: int = 0
    #: Of bars: the length of one (ns).
    interval_ns: int | None = None
    rows: int = 0
    trades: int = 0
    quotes: int = 0
    bars: int = 0
    first: int | None = None
    last: int | None = None
    symbols: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    #: Valid rows that are neither trades nor quotes (orders in LOBSTER), by the column that says so.
    passed: Counter[str] = field(default_factory=Counter)
    #: Bars whose high or low was off by rounding, and put right.
    rounded: int = 0
    complaints: list[Complaint] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    #: The market calendar that the file's layout is evidence of.
    exchange: str | None = None
    #: The trading days of its symbols; None if nothing was read, or for bars longer than a day.
    calendar: MarketCalendar | None = None
    #: The most frequent first.
    conditions: list[ConditionCount] = field(default_factory=list)
    #: Trades that were not played because of their correction indicator, by reason.
    left_out: Counter[str] = field(default_factory=Counter)
    #: What a person should know: assumed zone, guessed symbol, order of dates, rows put right, conditions left out.
    notes: list[Note] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where its header is, or its first row: ``trades.csv:1``."""
        return f"{self.name}:{self.head[0]}" if self.head[0] else self.name

    @property
    def room(self) -> int:
        """How many more complaints are kept."""
        return COMPLAINTS - len(self.complaints)

    def note(self, text: str, option: str | None = None) -> None:
        """Add a note once. ``option`` is the command-line option that states it otherwise: ``--time-zone``."""
        note = Note(text, option)
        if note not in self.notes:
            self.notes.append(note)

    def refuse(self, counts: Sequence[tuple[str, int]], complaints: Sequence[Complaint], *, strict: bool) -> None:
        """Count the refused rows of a block by reason and keep the first complaints; ``strict``: raise the first."""
        for reason, count in counts:
            self.refused[reason] += count
        ordered = sorted(complaints, key=lambda complaint: complaint.line)
        if strict and ordered:
            raise FeedError(ordered[0].message(self.name))
        self.complaints += ordered[: self.room]

    @property
    def fault(self) -> str | None:
        """Why a file that was read to its end can't be replayed; None if it can."""
        if self.trades or self.quotes or self.bars:
            return None
        if not self.rows:
            return f"{self.name}: {'has a header but no rows' if self.header_line else 'no rows'}"
        if self.complaints:
            return f"{self.complaints[0].message(self.name)}; no row of {self.rows:,} is good"
        return f"{self.name}: none of its {self.rows:,} rows is a trade, a quote or a bar"

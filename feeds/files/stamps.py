"""Decides from a file's first rows how its timestamps are read, and notes in the report what is assumed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import numpy as np

from feeds.files.file_set import FileSet
from feeds.files.names import date_of
from feeds.files.options import ReadOptions
from feeds.files.parsing.dates import midnight_ns
from feeds.files.parsing.day_order import NAMES, DayOrder, ambiguous_in, orders_of
from feeds.files.parsing.month_stamps import are_months, names_months
from feeds.files.parsing.split import split
from feeds.files.parsing.stamp_style import Style, joined, parse
from feeds.files.parsing.table import Column, Rows
from feeds.files.parsing.timestamp_formats import Reading, is_number
from feeds.files.parsing.timestamp_parsers import CLOCK, NOTHING, UTC, Order
from feeds.files.parsing.timestamp_reader import TimestampReader
from feeds.files.parsing.timestamps import Texts, Timestamps, as_texts, shape_of
from feeds.files.parsing.zone_names import AMBIGUOUS, STANDARD, ZoneName, fixed_zone, zone_in_banner, zone_in_title
from feeds.files.recognition.plan import Plan
from feeds.files.recognition.zone_column import zone_of
from feeds.files.report import FileReport, Way, excerpt
from feeds.files.sources.source import Block, Source
from ticker.calendar import market_calendar
from ticker.errors import FeedError
from ticker.intervals import DAY_NS

_UNIT_WORDS: Final = {9: "seconds", 10: "seconds", 13: "milliseconds", 15: "microseconds", 16: "microseconds"}
#: Times of day examined.
_CLOCKS: Final = 10_000
_DATE_NAME: Final = re.compile(r"date|day|serial|excel", re.IGNORECASE)
#: 1970-01-01 was a Thursday; Monday is 0.
_EPOCH_WEEKDAY: Final = 3
_SATURDAY: Final = 5
_HOUR_NAME: Final = re.compile(r"hour|hr|hh|stunde|hora|heure|ora", re.IGNORECASE)
_ROUNDED: Final = ((10**9, "s"), (10**6, "ms"), (10**3, "µs"), (1, "ns"))


class StampChoices:
    """The decisions for one file. ``beside`` are the files read together with it.

    ``banner`` are its lines before the header, in lower case. ``body`` removes from a block what is no row. Raises
    ``FeedError`` if the rows contradict each other, or if they leave open what can't be assumed.
    """

    def __init__(
        self,
        plan: Plan,
        report: FileReport,
        options: ReadOptions,
        source: Source,
        beside: FileSet,
        banner: str,
        body: Callable[[Block, Plan], Block],
    ) -> None:
        self._plan = plan
        self._report = report
        self._options = options
        self._source = source
        self._beside = beside
        self._banner = banner
        self._body = body
        #: What the column of zones must have in every row, if the zone is taken from it.
        self.zone_text: str | None = None
        self._evidence: DayOrder | None = None
        self._reader: TimestampReader | None = None

    def reader(self, rows: Rows) -> TimestampReader:
        """The reader of the timestamps; ``rows`` are the first."""
        plan, report = self._plan, self._report
        place = plan.stamps.get("date", next(iter(plan.stamps.values())))
        first = next((text for row in range(len(rows.lines)) if (text := rows.text(row, place))), "")
        reading = self._reading(rows, place, first)
        order = self._order(rows, place, reading)
        if _clock(rows, plan) == "hour":
            report.note(
                f"the column {plan.names[plan.stamps['time']]!r} is taken for the hour of the day, from 0 to 23"
            )
        if "hour" in plan.parts and "minute" not in plan.parts:
            self._note_hour(rows, plan.names[plan.parts["hour"]])
        found = self._first(rows, reading, order)
        style = Style.of(found)
        clock = plan.reading in ("clock", "ms", "s") and "date" not in plan.stamps and bool(len(rows.lines))
        day_ns = self._day(first) if style.clock or clock else self._given_day()
        self._choose_zone(style, found, rows)
        self._note_zone(rows, place, found)
        report.stamp_form = _form(plan, rows, found, first, order, months=report.has_months)
        self._reader = TimestampReader(
            zone=report.time_zone,
            reading=reading,
            clock=_clock(rows, plan),
            day_ns=day_ns,
            order=order,
            style=style,
            zone_is_given=self._options.time_zone is not None,
            evidence=self._evidence,
            file=report.name,
            mixed_units=plan.layout.mixed_units,
            equal_is_second=plan.kind == "bars",
        )
        return self._reader

    def _note_hour(self, rows: Rows, name: str) -> None:
        """Note how the column of hours beside years, months and days is read: hours from 1 to 24 may be ends."""
        place = self._plan.parts["hour"]
        hours = {rows.text(row, place).strip().removesuffix(".0") for row in range(len(rows.lines))}
        if "24" in hours and not hours & {"0", "00"}:
            self._report.note(
                f"the column {name!r} runs to 24, which is taken for midnight: if hours are counted "
                "from 1, each row is an hour late"
            )
        else:
            self._report.note(f"the column {name!r} is taken for the hour of the day, from 0 to 23")

    def finish(self) -> None:
        """Note what all rows have shown."""
        if self._reader is None:
            return
        if self._reader.rounded_ns:
            unit, word = next(each for each in _ROUNDED if self._reader.rounded_ns % each[0] == 0)
            self._report.note(f"the timestamps in the file are rounded to {self._reader.rounded_ns // unit:,} {word}")
        for name in sorted(self._reader.standard_in_summer):
            self._report.note(f"{name} is taken as standard time in summer too, not as {STANDARD[name]}", "--time-zone")

    def _reading(self, rows: Rows, place: int, first: str) -> Reading:
        """The plan's reading, or that of a spreadsheet's days: numbers in a column that is called a date."""
        plan = self._plan
        named = _DATE_NAME.search(plan.names[place]) or "date" in self._options.columns or "date" in plan.stamps
        if plan.reading in ("stamp", "date", "clock") and first and named and is_number(shape_of(first)):
            column = rows.columns[place]
            if isinstance(column, np.ndarray):
                found = parse(column, "serial")
                if (found.kind != NOTHING).sum() * 2 > len(rows.lines):
                    return "serial"
        if plan.reading in ("stamp", "date") and "date" not in plan.stamps and first:
            column = rows.columns[place]
            names = " ".join((plan.names[place], *self._source.names))
            if isinstance(column, np.ndarray) and are_months(_bytes(column), first, hinted=names_months(names)):
                self._report.has_months = True
                self._report.note("the timestamps are months, each taken as its first day")
                return "month"
        return plan.reading

    def _first(self, rows: Rows, reading: Reading, order: Order) -> Timestamps:
        """The timestamps of the first rows."""
        stamps = self._plan.stamps
        if "date" in stamps:
            parsed = parse(rows.columns[stamps["date"]], "serial" if reading == "serial" else "date", order)
            clock = parse(rows.columns[stamps["time"]], _clock(rows, self._plan))
            return joined(parsed, clock, (parsed.kind == NOTHING) | (clock.kind == NOTHING))
        return parse(rows.columns[next(iter(stamps.values()))], reading, order)

    def _choose_zone(self, style: Style, found: Timestamps, rows: Rows) -> None:
        report, layout = self._report, self._plan.layout
        is_theirs = layout.has_traces(self._source.names) or self._options.layout == layout.name
        if self._options.time_zone is not None:
            report.time_zone, report.how["time_zone"] = self._options.time_zone, "option"
            return
        if style.is_aware:
            report.time_zone, report.how["time_zone"] = style.zone or "UTC", "file"
            return
        title = self._column_zone(rows) or self._title_zone()
        if title is not None:
            zone = title.zone if title.minutes is None else fixed_zone(title.minutes)
            if zone is None:
                meanings = AMBIGUOUS.get(title.name)
                which = f", which is {meanings}" if meanings else ""
                raise FeedError(f"{report.name}: its times are in the zone {title.name}{which}; use --time-zone NAME")
            report.time_zone, report.how["time_zone"] = zone, "file"
            if report.time_zone != "UTC":
                report.note(f"times are in the zone {title.zone or title.name}, as the file says", "--time-zone")
        elif layout.zone is not None and is_theirs:
            crypto_zone = layout.crypto_zone if self._is_crypto(found) else None
            report.time_zone, report.how["time_zone"] = crypto_zone or layout.zone, "layout"
            if report.time_zone != "UTC" or crypto_zone is not None:
                whose = layout.title if crypto_zone is None else f"{layout.title} of crypto"
                assumed = "" if layout.source else ", which is assumed"
                report.note(f"times are in the zone {report.time_zone}, as in files of {whose}{assumed}", "--time-zone")
        else:
            report.time_zone, report.how["time_zone"] = "UTC", "assumed"
            if (found.kind != NOTHING).any():
                exchange = self._options.exchange
                zone = None if exchange is None else market_calendar(exchange).zone
                has_times = found.dates is None or not found.dates[found.kind != NOTHING].all()
                other = f", not as {zone} of {exchange}" if zone not in (None, "UTC") and has_times else ""
                report.note(f"no zone in the file: taken as UTC{other}", "--time-zone")
        if not is_theirs:
            report.note(f"columns are taken for those of {layout.title}", "--columns")

    def _note_zone(self, rows: Rows, place: int, found: Timestamps) -> None:
        """Note how the file tells the zone of its times, for comparison with others: dates alone need none."""
        report = self._report
        timed = found.kind != NOTHING
        if found.dates is not None:
            timed &= ~found.dates
        if timed.any():
            row = int(timed.argmax())
            says = "with a zone" if report.how["time_zone"] == "file" else "without a zone"
            report.first_stamp = Way(says, int(rows.lines[row]), self._plan.names[place], rows.text(row, place))
            if report.how["time_zone"] in ("file", "assumed"):
                report.ways["zone"] = report.first_stamp

    def _is_crypto(self, found: Timestamps) -> bool:
        """Whether the first rows are of a market that never closes: some are on a Saturday, or the names say crypto."""
        days = found.value[found.kind != NOTHING] // DAY_NS
        saturdays = (days + _EPOCH_WEEKDAY) % 7 == _SATURDAY
        return bool(saturdays.any()) or any("crypto" in name.lower() for name in self._source.names)

    def _column_zone(self, rows: Rows) -> ZoneName | None:
        """The zone that a column of the file names; all rows must have the same one."""
        place = self._plan.zone
        if place is None:
            return None
        texts = (rows.text(row, place).strip() for row in range(len(rows.lines)))
        self.zone_text = next((text for text in texts if text), None)
        return None if self.zone_text is None else zone_of(self.zone_text)

    def _title_zone(self) -> ZoneName | None:
        """The zone in the name of the timestamp's column, or in the lines before the header."""
        for place in self._plan.stamps.values():
            found = zone_in_title(self._plan.names[place])
            if found is not None:
                return found
        return zone_in_banner(self._banner)

    def _day(self, first: str) -> int:
        """Midnight of the date of a file with times of day, from the option or the file's name."""
        report = self._report
        found = self._given_day()
        if found is not None:
            return found
        named = self._plan.named
        report.date, report.how["date"] = date_of(self._source.names) if named is None else named.date, "name"
        if report.date is None:
            example = f" ({excerpt(first)!r})" if first else ""
            raise FeedError(
                f"{report.name}: its timestamps are times of day{example}, and no column and no file name has the "
                "date; use --date YYYY-MM-DD"
            )
        return midnight_ns(date.fromisoformat(report.date))

    def _given_day(self) -> int | None:
        """Midnight of the date in the option."""
        if self._options.date is None:
            return None
        self._report.date, self._report.how["date"] = self._options.date, "option"
        return midnight_ns(date.fromisoformat(self._options.date))

    def _order(self, rows: Rows, place: int, reading: Reading) -> Order:
        """The order of day and month. If the first rows leave it open, later rows and other files decide."""
        kind: Reading = "date" if "date" in self._plan.stamps else "stamp"
        column = rows.columns[place]
        if reading not in ("stamp", "clock", "date") or not isinstance(column, np.ndarray):
            return "mdy"
        orders, first = ambiguous_in(_bytes(column), kind)
        if not orders:
            return "mdy"
        how = self._report.how
        evidence = DayOrder(orders, kind)
        evidence.add(_bytes(column), rows.lines, self._report.name)
        if self._options.day_first is not None:
            how["day_first"] = "option"
            if self._options.day_first:
                return "dmy"
            return "ymd" if "ymd" in evidence.possible and "mdy" not in evidence.possible else "mdy"
        if not evidence.only and not self._source.is_table:
            evidence = self._of_all_rows(place, evidence)
        self._evidence = evidence
        evidence.check(self._plan.names[place])
        how["day_first"] = "file"
        own = next(((order, seen) for order, seen in evidence.only.items() if seen.file == self._report.name), None)
        if own is not None:
            order, seen = own
            self._report.ways["dates"] = Way(NAMES[order], seen.line, self._plan.names[place], seen.text)
        if evidence.by_rows is not None:
            return evidence.by_rows
        working = evidence.by_working_days
        if working is not None:
            self._report.note(f"dates are read {NAMES[working[0]]}: {working[1]}", _other(working[0]))
            return working[0]
        return self._assumed_order(evidence, first)

    def _assumed_order(self, evidence: DayOrder, first: str) -> Order:
        """The order if no row shows it."""
        report, layout = self._report, self._plan.layout
        if layout.day_first is not None:
            report.how["day_first"] = "layout"
            return "dmy" if layout.day_first else "mdy"
        report.how["day_first"] = "assumed"
        order: Order = "dmy" if "." in first.partition(" ")[0] or "mdy" not in evidence.possible else "mdy"
        if order == "dmy" and "ymd" in evidence.possible and "." not in first:
            raise FeedError(
                f"{report.name}: its dates, such as {excerpt(first)!r}, can be day first or year first; "
                "use --day-first or --month-first"
            )
        report.note(f"dates are read {NAMES[order]}, no row shows which", _other(order))
        return order

    def _of_all_rows(self, place: int, first: DayOrder) -> DayOrder:
        """The evidence of all rows of this file and of the others, collected once for all of them."""
        shape = self._plan.shape
        known = self._beside.day_orders
        key = (shape.width, shape.delimiter, place, first.orders, first.reading)
        if key not in known:
            evidence = known[key] = DayOrder(first.orders, first.reading)
            for source in self._beside:
                if source.is_table:
                    continue
                found = DayOrder(first.orders, first.reading)
                for block in source.blocks():
                    rows = split(self._body(block, self._plan), shape)
                    found.add(_bytes(rows.columns[place]), rows.lines, source.name)
                    if found.only:
                        break
                evidence.merge(found)
        return known[key]


def _clock(rows: Rows, plan: Plan) -> Reading:
    """How the times of day beside dates are read. Numbers of different lengths have lost their leading zeros."""
    column = rows.columns[plan.stamps["time"]] if "time" in plan.stamps else None
    if not isinstance(column, np.ndarray):
        return "clock"
    words = [bytes(word) for word in _bytes(column)[:_CLOCKS].tolist() if word]
    longest = max(map(len, words), default=0)
    if not all(word.isdigit() for word in words) or not 0 < longest <= 6:
        return "clock"
    if longest <= 2 and b"24" not in words and _HOUR_NAME.fullmatch(plan.names[plan.stamps["time"]].strip()):
        return "hour"  # those that run from 1 to 24 are the ends of hours
    if longest > 4:
        return "hms"
    return "hm" if longest > 2 else "clock"


def _bytes(column: Column) -> Texts:
    if not isinstance(column, np.ndarray):
        return as_texts([])
    texts: Any = column if column.dtype.kind == "S" else as_texts(column.tolist())
    found: Texts = texts
    return found


def _other(order: Order) -> str:
    """The option that states another order of day and month."""
    return "--month-first" if order == "dmy" else "--day-first"


def _form(plan: Plan, rows: Rows, found: Timestamps, first: str, order: Order, *, months: bool) -> str:
    """The format of the timestamps, for people."""
    kinds = set(found.kind.tolist()) - {NOTHING}
    if "date" in plan.stamps:
        return "date and time in two columns"
    if plan.reading in ("ms", "s"):
        return f"{'milli' if plan.reading == 'ms' else ''}seconds since midnight"
    if CLOCK in kinds or plan.reading == "clock":
        return "times of day"
    if not isinstance(rows.columns[plan.stamps["timestamp"]], np.ndarray):
        return "timestamp column"
    if months:
        return "months"
    whole = first.partition(".")[0]
    if whole.isdecimal() and kinds == {UTC}:
        return f"epoch numbers in {_UNIT_WORDS.get(len(whole), 'nanoseconds')}"
    if whole.isdecimal() and is_number(shape_of(first)):
        return "days of a spreadsheet"
    if orders_of(first, "stamp"):
        return {"mdy": "month before day", "dmy": "day before month", "ymd": "year before month"}[order]
    if (
        first[:4].isdecimal()
        and first[4:5] == "-"
        and first[5:7].isdecimal()
        and "-A" not in first
        and "-P" not in first
    ):
        return "ISO 8601 with offset" if kinds == {UTC} else "ISO 8601"
    return f"like {excerpt(first)!r}" if first else ""

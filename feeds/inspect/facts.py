"""What is known of one file, a line per property: the value, its source, and the option that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feeds.files.report import FileReport
from feeds.inspect.formats import count, duration, listed, number, period
from ticker.calendar import MarketCalendar, midnights

#: Where a value comes from, by the report's ``how``.
_SOURCES = {
    "file": "from the file",
    "name": "from the file name",
    "layout": "default of the layout",
    "option": "set by option",
    "assumed": "assumed",
}
#: An option is suggested only for values that the file itself doesn't state.
_UNCERTAIN = frozenset({"assumed", "layout", "name"})
#: Sets of sale conditions that are shown.
_CONDITIONS = 8
_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "|", " ": "space"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """``option`` would change the value. ``assumed``: nothing in the file or its name states it."""

    label: str
    value: str
    remark: str = ""
    option: str = ""
    assumed: bool = False


def facts(report: FileReport, room: int) -> Iterator[Fact]:
    """The properties of a file whose layout is known. Lists are cut to two lines of ``room`` characters."""
    yield Fact(label="layout", value=report.title or report.layout, remark=_form(report))
    yield Fact(label="columns", value=_columns(report))
    if report.ignored:
        unused = [f"column {name}" if name.isdecimal() else name for name in report.ignored]
        yield Fact(label="unused", value=listed(unused, 2 * room))
    other = "UTC" if report.time_zone != "UTC" else "America/New_York"
    yield _sourced(report, "time_zone", "time zone", report.time_zone, f"--time-zone {other}")
    if report.date is not None:
        yield _sourced(report, "date", "date", report.date, "--date YYYY-MM-DD")
    if report.price_scale != 1:
        value = f"divided by {number(report.price_scale)}"
        yield _sourced(report, "price_scale", "prices", value, "--price-scale 1")
    if len(report.symbols) == 1:
        yield _sourced(report, "symbol", "symbol", report.symbols[0], "--symbol NAME")
    elif report.symbols:
        value = f"{len(report.symbols):,}: {listed(report.symbols, 2 * room)}"
        yield _sourced(report, "symbol", "symbols", value, "")
    if report.interval_ns is not None:
        yield Fact(label="interval", value=duration(report.interval_ns))
    if report.calendar is not None:
        yield _days(report.calendar)
    if report.order != "time":
        yield Fact(label="order", value=_order(report), remark="sorted by time for the replay")
    if report.passed:
        yield Fact(label="skipped", value=_passed(report))
    if report.left_out:
        reasons = (f"{count(rows, reason)}" for reason, rows in report.left_out.most_common())
        yield Fact(label="left out", value=", ".join(reasons), remark="by the correction indicator")
    yield from _conditions(report)
    if report.gaps:
        yield Fact(label="gaps", value=_gaps(report))


def _conditions(report: FileReport) -> Iterator[Fact]:
    """The most frequent sets of sale conditions, each with its number of trades and what they update."""
    shown = report.conditions[:_CONDITIONS]
    width = max((len(each.conditions) for each in shown), default=0)
    for at, each in enumerate(shown):
        unknown = f"unknown: {' '.join(each.unknown)}; " if each.unknown else ""
        yield Fact(
            label="" if at else "updates",
            value=f"{each.conditions.ljust(width)}  {count(each.trades, 'trade')}",
            remark=f"{unknown}{each.updates}",
        )
    if len(report.conditions) > len(shown):
        rest = report.conditions[len(shown) :]
        trades = count(sum(each.trades for each in rest), "trade")
        yield Fact(label="", value=f"… {count(len(rest), 'other set')} on {trades}", remark="--json shows all")


def _days(calendar: MarketCalendar) -> Fact:
    if calendar.day_starts is not None:
        return Fact(label="days", value="begin where the bars start", option="--exchange NAME")
    minutes = calendar.day_start_ns // (60 * 10**9) % (24 * 60)
    evening = " of the evening before" if calendar.day_start_ns < 0 else ""
    value = f"from {minutes // 60:02}:{minutes % 60:02}{evening} in {calendar.zone}"
    if calendar == midnights(calendar.zone):
        return Fact(label="days", value=value, option="--exchange NAME")
    return Fact(label="days", value=value, remark=calendar.name)


def _sourced(report: FileReport, key: str, label: str, value: str, option: str) -> Fact:
    """A value with where it comes from. That a symbol is in the file needs no remark."""
    how = report.how.get(key, "")
    source = "" if how == "file" and key != "time_zone" else _SOURCES.get(how, how)
    form = report.stamp_form if key == "time_zone" else ""
    return Fact(
        label=label,
        value=value,
        remark=", ".join(filter(None, (form, source))),
        option=option if how in _UNCERTAIN else "",
        assumed=how == "assumed",
    )


def _form(report: FileReport) -> str:
    parts = [] if report.title in ("", report.layout) else [f"--layout {report.layout}"]
    if report.compression:
        parts.append(report.compression)
    if report.banner_lines:
        parts.append(f"{count(report.banner_lines, 'line')} before the header")
    if report.delimiter is not None:
        if report.header_line is None:
            parts.append("no header")
        if report.delimiter != ",":
            parts.append(f"delimiter: {_DELIMITERS.get(report.delimiter, repr(report.delimiter))}")
    return ", ".join(parts)


def _columns(report: FileReport) -> str:
    numbered = report.header_line is None and all(name.isdecimal() for name in report.columns.values())
    return ", ".join(
        f"{role} = column {name}" if numbered else role if role == name else f"{role} = {name}"
        for role, name in report.columns.items()
    )


def _order(report: FileReport) -> str:
    if not report.misplaced_rows:
        return report.order
    rows, by = count(report.misplaced_rows, "row"), duration(report.misplaced_by_ns)
    return f"{report.order}, {rows} out of order by up to {by}"


def _passed(report: FileReport) -> str:
    return ", ".join(
        f"{count(rows, 'row')} neither trade nor quote" + (f" by column {column!r}" if column else "")
        for column, rows in report.passed.items()
    )


def _gaps(report: FileReport) -> str:
    longest = max(report.gaps, key=lambda gap: gap.end - gap.start)
    where = f"{duration(longest.end - longest.start)}, {period(longest.start, longest.end, report.time_zone)}"
    return where if len(report.gaps) == 1 else f"{len(report.gaps):,}, the longest {where}"

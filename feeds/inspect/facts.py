"""What there is to say of one file, a line each, with where it comes from and the option that would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feeds.files.report import FileReport
from feeds.inspect.words import count, duration, listed, number, period

#: In words, where a value comes from.
_ORIGINS = {
    "file": "says the file",
    "name": "from the file's name",
    "layout": "usual for this layout",
    "option": "as you said",
    "assumed": "assumed",
}
#: Said only if the user may want to change it.
_CHANGEABLE = frozenset({"assumed", "layout", "name"})
_DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars (|)", " ": "blanks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """``option`` is what the user would type if it is otherwise. ``assumed``: nothing in the file tells it."""

    label: str
    value: str
    remark: str = ""
    option: str = ""
    assumed: bool = False


def facts(report: FileReport, room: int) -> Iterator[Fact]:
    """Of a file that was understood. Lists are cut to some lines of ``room`` characters."""
    yield Fact(label="layout", value=report.title or report.layout, remark=_form(report))
    yield Fact(label="columns", value=_columns(report))
    if report.ignored:
        yield Fact(label="not read", value=listed([_named(name) for name in report.ignored], 2 * room))
    yield _zone(report)
    if report.date is not None:
        yield _from(report, "date", report.date, "--date YYYY-MM-DD")
    if report.price_scale != 1:
        yield _from(
            report, "price_scale", f"divided by {number(report.price_scale)}", "--price-scale 1", label="prices"
        )
    if report.symbols:
        option = "--symbol NAME" if len(report.symbols) == 1 else ""
        yield _from(report, "symbol", _symbols(report, room), option, label="symbols")
    if report.interval_ns is not None:
        yield Fact(label="bars", value=f"of {duration(report.interval_ns)}")
    if report.order != "time":
        yield Fact(label="order", value=_order(report), remark="sorted by time before the replay")
    if report.passed:
        yield Fact(label="left out", value=_passed(report))
    if report.gaps:
        yield Fact(label="gaps", value=_gaps(report))


def _form(report: FileReport) -> str:
    parts = [] if report.title in ("", report.layout) else [report.layout]
    if report.compression:
        parts.append(report.compression)
    if report.banner_lines:
        parts.append(f"{count(report.banner_lines, 'line')} before the header")
    if report.delimiter is not None:
        if report.header_line is None:
            parts.append("no header")
        if report.delimiter != ",":
            parts.append(f"separated by {_DELIMITERS.get(report.delimiter, repr(report.delimiter))}")
    return ", ".join(parts)


def _columns(report: FileReport) -> str:
    numbered = report.header_line is None and all(name.isdecimal() for name in report.columns.values())
    return ", ".join(
        f"{role} = column {name}" if numbered else role if role == name else f"{role} = {name}"
        for role, name in report.columns.items()
    )


def _zone(report: FileReport) -> Fact:
    other = "UTC" if report.time_zone != "UTC" else "America/New_York"
    how = report.how.get("time_zone", "")
    return Fact(
        label="time zone",
        value=report.time_zone,
        remark=", ".join(filter(None, (report.stamp_form, _ORIGINS.get(how, how)))),
        option=f"--time-zone {other}" if how in _CHANGEABLE else "",
        assumed=how == "assumed",
    )


def _from(report: FileReport, key: str, value: str, option: str, *, label: str | None = None) -> Fact:
    how = report.how.get(key, "")
    # That a symbol stands in the file goes without saying.
    remark = "" if how == "file" else _ORIGINS.get(how, how)
    changeable = how in _CHANGEABLE
    return Fact(
        label=label or key,
        value=value,
        remark=remark,
        option=option if changeable else "",
        assumed=how == "assumed",
    )


def _symbols(report: FileReport, room: int) -> str:
    if len(report.symbols) == 1:
        return report.symbols[0]
    return f"{len(report.symbols):,}: {listed(report.symbols, 2 * room)}"


def _named(column: str) -> str:
    """One without a name is known by its number."""
    return f"column {column}" if column.isdecimal() else column


def _order(report: FileReport) -> str:
    if not report.misplaced_rows:
        return report.order
    rows, by = count(report.misplaced_rows, "row"), duration(report.misplaced_by_ns)
    return f"{report.order}, {rows} out of place by up to {by}"


def _passed(report: FileReport) -> str:
    return ", ".join(
        f"{count(rows, 'row')} neither trade nor quote" + (f" by column {column!r}" if column else "")
        for column, rows in report.passed.items()
    )


def _gaps(report: FileReport) -> str:
    longest = max(report.gaps, key=lambda gap: gap.end - gap.start)
    where = f"{duration(longest.end - longest.start)}, {period(longest.start, longest.end, report.time_zone)}"
    return where if len(report.gaps) == 1 else f"{len(report.gaps):,}, the longest {where}"

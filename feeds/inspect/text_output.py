"""The output of ``ticker inspect`` for people: a summary of each file first, then details and a preview.

An assumed value is followed by the option that changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from feeds.inspect.facts import facts
from feeds.inspect.formats import amount, count, listed, number, period, shortened, stamp
from ticker.cli.toolkit import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from feeds.files.report import FileReport
    from feeds.inspect.inspection import FileInspection, Inspection
    from feeds.inspect.preview import Preview, Row

#: Complaints shown per file; --json has more.
_COMPLAINTS = 5
_INDENT = 2
#: Columns taken by the label and the indent.
_MARGIN = 16
#: Below this width the preview has no UTC column.
_MIN_WIDTH_FOR_UTC = 90


def render(found: Inspection, width: int, replay_command: str) -> Iterator[RenderableType]:
    """Each file, all of them together, a preview, and the command that replays them."""
    for file in found.files:
        yield from _file(file, width)
        yield Text()
    if found.first is None or found.last is None:
        return
    zone = found.files[0].report.time_zone if found.files else "UTC"
    if len(found.files) > 1:
        yield _together(found, f"{period(found.first, found.last, zone)} {zone}", width)
        yield Text()
    if found.preview.ticks or found.preview.bars:
        yield from _preview(found.preview, zone, width)
        yield Text()
    if found.error is None:
        yield Text.assemble(("Replay  ", "bold"), (printable(replay_command), "cyan"), overflow="fold")


def _file(file: FileInspection, width: int) -> Iterator[RenderableType]:
    report = file.report
    mark, style = ("✗", "bold red") if file.error else ("!", "bold yellow") if report.refused else ("✓", "bold green")
    name = shortened(printable(report.name), width - _INDENT)
    yield Text.assemble((f"{mark} ", style), (name, "bold"), no_wrap=True, overflow="ellipsis")
    if report.rows or report.columns:
        yield _indented(_summary(report))
    if file.error:
        yield _indented(Text(printable(file.error), "red", overflow="fold"))
    if file.head:
        head = (Text(f"  {line}", overflow="fold") for line in file.head)
        yield _indented(Group(Text("First lines:", "dim"), *head))
    if report.columns:
        yield _indented(_facts(report, width))
    if report.notes:
        yield _indented(_notes(report))
    if report.refused:
        yield _indented(_refused(report))


def _summary(report: FileReport) -> Text:
    """``1,203,330 trades of 12 symbols, 2024-01-03 09:30:00 to 16:00:00 America/New_York``."""
    kinds = ((report.trades, "trade"), (report.quotes, "quote"), (report.bars, "bar"))
    found = [count(number, what) for number, what in kinds if number] or ["nothing that can be replayed"]
    text = Text(" and ".join(found), overflow="fold")
    if report.symbols:
        only = len(report.symbols) == 1
        text.append(f" of {printable(report.symbols[0]) if only else count(len(report.symbols), 'symbol')}")
    if report.first is not None and report.last is not None:
        text.append(f", {period(report.first, report.last, report.time_zone)} {report.time_zone}")
    return text


def _facts(report: FileReport, width: int) -> Table:
    table = _grid()
    for fact in facts(report, max(width - _MARGIN, 20)):
        value = Text(printable(fact.value), overflow="fold")
        if fact.remark:
            value.append(f"  {printable(fact.remark)}", "yellow" if fact.assumed else "dim")
        if fact.option:
            value.append("; change with ", "yellow" if fact.assumed else "dim")
            value.append(fact.option, "cyan" if fact.assumed else "dim cyan")
        table.add_row(fact.label, value)
    return table


def _notes(report: FileReport) -> Table:
    """Every note, with the option that states it otherwise."""
    table = _grid()
    for place, note in enumerate(report.notes):
        text = Text(printable(note.text), "yellow", overflow="fold")
        if note.option is not None:
            text.append("; change with ", "yellow").append(note.option, "cyan")
        table.add_row("" if place else "notes", text)
    return table


def _refused(report: FileReport) -> RenderableType:
    table = _grid("yellow")
    rows = f"{count(report.refused.total(), 'row')} of {report.rows:,}"
    reasons = ", ".join(f"{printable(reason)}: {number:,}" for reason, number in report.refused.most_common())
    table.add_row("refused", Text(f"{rows}  {reasons}", overflow="fold"))
    shown = report.complaints[:_COMPLAINTS]
    for complaint in shown:
        table.add_row("", Text(printable(complaint.message(report.name)), "yellow", overflow="fold"))
    if (left := report.refused.total() - len(shown)) > 0:
        table.add_row("", Text(f"… and {left:,} more", "dim"))
    return table


def _together(found: Inspection, when: str, width: int) -> Table:
    table = _grid()
    table.add_row(Text("Total", "bold"), Text(f"{count(len(found.files), 'file')} of {found.kinds}, merged by time"))
    table.add_row("", Text(when, overflow="fold"))
    names = listed([printable(name) for name in found.symbols], 2 * max(width - _MARGIN, 20))
    table.add_row("", Text(f"{count(len(found.symbols), 'symbol')}: {names}", overflow="fold"))
    return table


def _preview(preview: Preview, zone: str, width: int) -> Iterator[RenderableType]:
    """The first bars, or of files without bars the first ticks."""
    rows = preview.bars or preview.ticks
    stamps = [row["start"] if preview.bars else row["ts"] for row in rows]
    days = {stamp(ts, zone)[:10] for ts in stamps}
    one_day = f", {days.pop()}" if len(days) == 1 else ""
    what = "bars" if preview.bars else "ticks"
    yield Text.assemble((f"First {what}", "bold"), (f"{one_day} {zone}" if one_day else f", {zone}", "dim"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    with_utc = zone != "UTC" and width >= _MIN_WIDTH_FOR_UTC
    table.add_column("time", no_wrap=True)
    if with_utc:
        table.add_column("UTC", style="dim", no_wrap=True)
    table.add_column("symbol", style="bold", overflow="ellipsis", no_wrap=True)
    names, cells = _cells(rows)
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for row, ts, values in zip(rows, stamps, cells, strict=True):
        moment = stamp(ts, zone)[11:] if one_day else stamp(ts, zone)
        utc = [stamp(ts, "UTC")[11:]] if with_utc else []
        table.add_row(moment, *utc, printable(row["symbol"]), *values)
    yield _indented(table)


def _cells(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """The columns' names, and each row's texts. With trades and quotes mixed, a price and its size share a cell."""
    kinds = {row.get("type") for row in rows}
    if kinds == {"trade", "quote"}:
        sides = {"trade": ("price", "size"), "bid": ("bid", "bid_size"), "ask": ("ask", "ask_size")}
        return list(sides), [
            ["" if price not in row else _at(row[price], row[size]) for price, size in sides.values()] for row in rows
        ]
    columns: dict[str, tuple[str, ...]] = {
        "trade": ("price", "size"),
        "quote": ("bid", "bid_size", "ask", "ask_size"),
    }
    prices_and_sizes = columns.get(kinds.pop() or "", ("open", "high", "low", "close", "volume"))
    names = ["size" if name.endswith("size") else name for name in prices_and_sizes]
    cells = [[_cell(name, row[name]) for name in prices_and_sizes] for row in rows]
    if any(row.get("conditions") for row in rows):
        names.append("conditions")
        for row, texts in zip(rows, cells, strict=True):
            texts.append(printable(" ".join(row["conditions"])))
    return names, cells


def _cell(name: str, value: float | None) -> str:
    return amount(value) if name.endswith(("size", "volume")) else number(value) or "–"


def _at(price: float | None, size: float | None) -> str:
    return "–" if price is None else f"{number(price)} × {amount(size)}"


def _grid(style: str = "dim") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=style, width=9)
    table.add_column(overflow="fold")
    return table


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, _INDENT), expand=False)

"""What was found, for people: what one needs first comes first, and an assumption shows the option that changes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from feeds.inspect import facts
from feeds.inspect.preview import BarRow, QuoteRow, TradeRow
from feeds.inspect.words import amount, count, listed, number, period, shortened, stamp
from ticker.cli.failure import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from feeds.files.report import FileReport
    from feeds.inspect.findings import FileFindings, Findings
    from feeds.inspect.preview import Preview

#: How many complaints of a file are shown; --json has more.
_COMPLAINTS = 5
_INDENT = 2
#: On a narrower terminal the first ticks have their own zone's time alone.
_ROOM_FOR_UTC = 90


def sheet(found: Findings, width: int, replay_command: str) -> Iterator[RenderableType]:
    """The files one after the other, what they are together, the first ticks, and how to replay them."""
    for file in found.files:
        yield from _file(file, width)
        yield Text()
    if found.first is None or found.last is None:
        return
    zone = found.files[0].report.time_zone if found.files else "UTC"
    if len(found.files) > 1:
        yield _together(found, zone, width)
        yield Text()
    if found.preview.ticks or found.preview.bars:
        yield from _first(found.preview, zone, width)
        yield Text()
    if found.error is None:
        yield Text.assemble(("Replay  ", "bold"), (printable(replay_command), "cyan"), overflow="fold")


def _file(file: FileFindings, width: int) -> Iterator[RenderableType]:
    report = file.report
    mark, style = _mark(file)
    name = shortened(printable(report.name), width - _INDENT)
    yield Text.assemble((f"{mark} ", style), (name, "bold"), no_wrap=True, overflow="ellipsis")
    if report.rows or report.columns:
        yield _indented(_gist(report))
    if file.error:
        yield _indented(Text(printable(file.error), "red", overflow="fold"))
    if file.head:
        yield _indented(Group(Text("It begins:", "dim"), *(Text(f"  {line}", overflow="fold") for line in file.head)))
    if report.columns:
        yield _indented(_facts(report, width))
    if report.refused:
        yield _indented(_refused(report))


def _mark(file: FileFindings) -> tuple[str, str]:
    if file.error:
        return "✗", "bold red"
    return ("!", "bold yellow") if file.report.refused else ("✓", "bold green")


def _gist(report: FileReport) -> Text:
    """``1,203,330 trades of 12 symbols, 2024-01-03 09:30:00 to 16:00:00 America/New_York``."""
    kinds = ((report.trades, "trade"), (report.quotes, "quote"), (report.bars, "bar"))
    found = [count(of, what) for of, what in kinds if of] or ["nothing that can be replayed"]
    text = Text(" and ".join(found), overflow="fold")
    if report.symbols:
        only = len(report.symbols) == 1
        text.append(f" of {printable(report.symbols[0]) if only else count(len(report.symbols), 'symbol')}")
    if report.first is not None and report.last is not None:
        text.append(f", {period(report.first, report.last, report.time_zone)} {report.time_zone}")
    return text


def _facts(report: FileReport, width: int) -> Table:
    table = _grid()
    for fact in facts.facts(report, max(width - 16, 20)):
        value = Text(printable(fact.value), overflow="fold")
        if fact.remark:
            value.append(f"  {printable(fact.remark)}", "yellow" if fact.assumed else "dim")
        if fact.option:
            value.append("; otherwise ", "yellow" if fact.assumed else "dim")
            value.append(fact.option, "cyan" if fact.assumed else "dim cyan")
        table.add_row(fact.label, value)
    return table


def _refused(report: FileReport) -> RenderableType:
    table = _grid("yellow")
    rows = f"{count(report.refused.total(), 'row')} of {report.rows:,}"
    reasons = ", ".join(f"{printable(reason)}: {of:,}" for reason, of in report.refused.most_common())
    table.add_row("refused", Text(f"{rows}  {reasons}", overflow="fold"))
    shown = report.complaints[:_COMPLAINTS]
    for complaint in shown:
        table.add_row("", Text(printable(complaint.words(report.name)), "yellow", overflow="fold"))
    if (left := report.refused.total() - len(shown)) > 0:
        table.add_row("", Text(f"… and {left:,} more", "dim"))
    return table


def _together(found: Findings, zone: str, width: int) -> Table:
    table = _grid()
    assert found.first is not None
    assert found.last is not None
    table.add_row(Text("Together", "bold"), Text(f"{count(len(found.files), 'file')} of {found.kinds}, merged by time"))
    table.add_row("", Text(f"{period(found.first, found.last, zone)} {zone}", overflow="fold"))
    names = listed([printable(name) for name in found.symbols], 2 * max(width - 16, 20))
    table.add_row("", Text(f"{count(len(found.symbols), 'symbol')}: {names}", overflow="fold"))
    return table


def _first(preview: Preview, zone: str, width: int) -> Iterator[RenderableType]:
    """The first bars if there are any (ticks of theirs are only walked), else the first ticks."""
    rows: Sequence[BarRow | TradeRow | QuoteRow] = preview.bars or preview.ticks
    stamps = [row.start if isinstance(row, BarRow) else row.ts for row in rows]
    days = {stamp(ts, zone)[:10] for ts in stamps}
    one_day = f", {days.pop()}" if len(days) == 1 else ""
    what = "bars" if preview.bars else "ticks"
    yield Text.assemble((f"First {what}", "bold"), (f"{one_day} {zone}" if one_day else f", {zone}", "dim"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    with_utc = zone != "UTC" and width >= _ROOM_FOR_UTC
    table.add_column("time", no_wrap=True)
    if with_utc:
        table.add_column("UTC", style="dim", no_wrap=True)
    table.add_column("symbol", style="bold", overflow="ellipsis", no_wrap=True)
    names, cells = _cells(preview)
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for row, ts, values in zip(rows, stamps, cells, strict=True):
        moment = stamp(ts, zone)[11:] if one_day else stamp(ts, zone)
        utc = [stamp(ts, "UTC")[11:]] if with_utc else []
        table.add_row(moment, *utc, printable(row.symbol), *values)
    yield _indented(table)


def _cells(preview: Preview) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns' names, and each row's texts. Where trades and quotes are mixed, a price and its size share one."""
    if preview.bars:
        names: tuple[str, ...] = ("open", "high", "low", "close", "volume")
        return names, [
            (number(row.open), number(row.high), number(row.low), number(row.close), amount(row.volume))
            for row in preview.bars
        ]
    trades = [row for row in preview.ticks if isinstance(row, TradeRow)]
    quotes = [row for row in preview.ticks if isinstance(row, QuoteRow)]
    if not quotes:
        return ("price", "size"), [(number(row.price), amount(row.size)) for row in trades]
    if not trades:
        return ("bid", "size", "ask", "size"), [
            (_side(row.bid), amount(row.bid_size), _side(row.ask), amount(row.ask_size)) for row in quotes
        ]
    return ("trade", "bid", "ask"), [
        (f"{number(row.price)} × {amount(row.size)}", "", "")
        if isinstance(row, TradeRow)
        else ("", _both(row.bid, row.bid_size), _both(row.ask, row.ask_size))
        for row in preview.ticks
    ]


def _side(price: float | None) -> str:
    return number(price) or "–"


def _both(price: float | None, size: float | None) -> str:
    return "–" if price is None else f"{number(price)} × {amount(size)}"


def _grid(style: str = "dim") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=style, width=9)
    table.add_column(overflow="fold")
    return table


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, _INDENT), expand=False)

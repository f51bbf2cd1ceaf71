"""The live table: draws a sheet and the state of its stream for a terminal of a given size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from ticker.cli.failure import printable
from ticker.cli.watch.columns import COLUMNS, GAP, Column, fitting, moment
from ticker.cli.watch.sheet import Row, Sheet
from ticker.wire.messages import FeedState

#: How long a changed price is highlighted.
FLASH_S: Final = 0.4
#: Lines besides the rows: heading, blank line, column titles, footer.
_FRAME_LINES: Final = 4

_FEED_STATES: Final = {
    "live": ("● LIVE", "bold green"),
    "quiet": ("○ QUIET", "bold yellow"),
    "stale": ("▲ STALE", "bold red"),
    "paused": ("‖ PAUSED", "bold yellow"),
    "ended": ("■ ENDED", "bold blue"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the stream and its feed, the address, and the rejected symbols."""

    state: str
    feed: FeedState | None = None
    url: str = ""
    rejected: tuple[str, ...] = ()
    #: The last notice or fired alert.
    event_line: str = ""


class Table:
    """Draws the table. It remembers the width of each column, so that columns do not jump."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._widths = {column: max(cell_len(column.title), column.least) for column in COLUMNS}

    def draw(self, sheet: Sheet, status: Status, now_s: float, width: int, height: int | None) -> Text:
        """The table in ``width`` x ``height`` cells; with ``height`` None, all rows."""
        rows = sheet.rows
        room = len(rows) if height is None else max(0, height - _FRAME_LINES)
        visible = rows[:room]
        cells = [[column.text(row, self._zone) for column in COLUMNS] for row in visible]
        for texts in cells:
            for column, cell in zip(COLUMNS, texts, strict=True):
                if cell_len(cell) > self._widths[column]:
                    self._widths[column] = cell_len(cell)
        columns = fitting(COLUMNS, self._widths, width)
        kept = [COLUMNS.index(column) for column in columns]

        lines = [self._heading(sheet, status, now_s, width), Text(), self._titles(columns)]
        lines += [
            self._row(row, columns, [texts[i] for i in kept], now_s) for row, texts in zip(visible, cells, strict=True)
        ]
        foot = _foot(len(rows) - len(visible), status)
        if foot:
            lines.append(foot)
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        text = Text("\n", no_wrap=True, end="").join(lines)
        text.no_wrap, text.end = True, ""
        return text

    def _heading(self, sheet: Sheet, status: Status, now_s: float, width: int) -> Text:
        """State, address and rates; on the right the time of the newest tick if it fits."""
        rate = sheet.rate_hz(now_s)
        words, style = _state(status, moving=bool(rate))
        parts = [printable(status.url.removesuffix("/v1/stream"))] if status.url else []
        parts.append(f"{len(sheet):,} {'symbol' if len(sheet) == 1 else 'symbols'}")
        if rate is not None:
            parts.append(f"{rate:,.0f} updates/s")
        left = Text.assemble((words, style), ("  " + " · ".join(parts), "dim"))
        at = moment(sheet.ts, self._zone)
        if at is not None:
            clock = Text(f"{at:%Y-%m-%d %H:%M:%S %Z}", "dim")
            free = width - left.cell_len - clock.cell_len
            if free >= GAP:
                left.append(" " * free).append_text(clock)
        return left

    def _titles(self, columns: Sequence[Column]) -> Text:
        return self._line(columns, [(column.title, "dim") for column in columns])

    def _row(self, row: Row, columns: Sequence[Column], cells: Sequence[str], now_s: float) -> Text:
        fresh = now_s - row.moved_s < FLASH_S
        styled = []
        for column, cell in zip(columns, cells, strict=True):
            style = column.style(row)
            # A changed price is bold, so that it is visible without colours.
            styled.append((cell, f"bold {style}" if fresh and column.flashes else style))
        return self._line(columns, styled)

    def _line(self, columns: Sequence[Column], cells: Sequence[tuple[str, str]]) -> Text:
        line = Text(no_wrap=True)
        for i, (column, (cell, style)) in enumerate(zip(columns, cells, strict=True)):
            blanks = " " * (self._widths[column] - cell_len(cell))
            if i:
                line.append(" " * GAP)
            if column.left:
                line.append(cell, style).append(blanks)
            else:
                line.append(blanks).append(cell, style)
        return line


def _state(status: Status, *, moving: bool) -> tuple[str, str]:
    """The connection's state if it is not live, otherwise the feed's.

    The server sends the feed's state only in heartbeats. Before the first, arriving prices mean that it is live.
    """
    if status.state != "live":
        return f"◌ {status.state.upper()}…", "bold yellow"
    if status.feed is not None:
        return _FEED_STATES[status.feed.state]
    return _FEED_STATES["live"] if moving else ("● CONNECTED", "bold green")


def _foot(hidden: int, status: Status) -> Text | None:
    parts = []
    if status.event_line:
        parts.append((status.event_line, "bold yellow"))
    if hidden > 0:
        parts.append((f"… and {hidden:,} more", "dim"))
    if status.rejected:
        parts.append((f"unknown to the server: {', '.join(map(printable, status.rejected))}", "yellow"))
    if not parts:
        return None
    return Text("  ", no_wrap=True).join([Text(words, style) for words, style in parts])

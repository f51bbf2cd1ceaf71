"""The events of a room as styled lines.

Unprintable characters are replaced first, so that no text from outside can control the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Final
from zlib import crc32

from ticker.cli.events import event_line
from ticker.cli.failure import printable
from ticker.wire.messages import Fired, Notice, Present, Said

#: Style (a class), and text.
Piece = tuple[str, str]
Line = list[Piece]
#: Number of colours for names.
NAME_STYLES: Final = 6
#: As in the dashboard: begins with a letter, so that $5 is money; no final point, which may end a sentence.
_MENTION: Final = re.compile(r"(?<![\w$])(\$[^\W\d_][^\W_]*(?:[.\-/:=][^\W_]+)*)")


class Lines:
    """Remembers the day and the members, to show changes."""

    def __init__(self, today: date, zone: tzinfo | None = None) -> None:
        self._day = today
        self._zone = zone
        self._names: set[str] = set()

    def of(self, event: Said | Present | Notice | Fired) -> list[Line]:
        """The lines of an event."""
        if isinstance(event, Said):
            return self.said(event)
        if isinstance(event, Present):
            return self.present(event.names)
        return [[("class:notice", f"* {event_line(event)}")]]

    def said(self, said: Said) -> list[Line]:
        at = datetime.fromtimestamp(said.ts / 1e9).astimezone(self._zone)
        lines: list[Line] = []
        if said.lost:
            lines.append([("class:aside", f"* {said.lost:,} earlier messages are no longer available")])
        if at.date() != self._day:
            self._day = at.date()
            lines.append([("class:aside", f"* {self._day}")])
        name = printable(said.sender)
        style = f"class:name{crc32(name.encode()) % NAME_STYLES}"
        parts = _MENTION.split(printable(said.text))
        text = [("class:price" if place % 2 else "", part) for place, part in enumerate(parts) if part]
        return [*lines, [("class:time", f"{at:%H:%M:%S} "), (style, f"{name}: "), *text]]

    def joined(self, room: str, name: str, names: Sequence[str]) -> Line:
        """The user has joined."""
        self._names = set(names)
        others = [printable(each) for each in names if each != name]
        who = f"with {', '.join(others)}" if others else "alone"
        return [("class:aside", f"* you are in {printable(room)} as {printable(name)}, {who}")]

    def present(self, names: Sequence[str]) -> list[Line]:
        """Who has joined or left since."""
        before, self._names = self._names, set(names)
        moved = [(name, "joined") for name in names if name not in before]
        moved += [(name, "left") for name in sorted(before - self._names)]
        return [[("class:aside", f"* {printable(name)} {how}")] for name, how in moved]


def plain(line: Line) -> str:
    """The text without styles."""
    return "".join(text for _, text in line)

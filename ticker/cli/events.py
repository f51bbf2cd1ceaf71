"""Prints the operator's notices and fired alerts, for commands whose output is something else.

The server sends a fired alert to every connection of its owner, so any command may receive one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import click

from ticker.cli.failure import printable
from ticker.wire.messages import Fired, Notice

#: The number of lines kept while a table fills the screen.
_KEPT: Final = 100


class EventPrinter:
    """Prints a stream's events on stderr; with ``held``, only once ``release`` is called."""

    def __init__(self, *, held: bool = False) -> None:
        self._held: deque[str] | None = deque(maxlen=_KEPT) if held else None

    @property
    def newest(self) -> str:
        """The last line that is held back."""
        return self._held[-1] if self._held else ""

    async def follow(self, events: AsyncIterator[object]) -> None:
        """Print events until the stream ends."""
        async for event in events:
            if (line := event_line(event)) is None:
                continue
            if self._held is None:
                _print(line)
            else:
                self._held.append(line)

    def release(self) -> None:
        """Print what was held back, and later events at once."""
        held, self._held = self._held, None
        for line in held or ():
            _print(line)


def _print(line: str) -> None:
    click.echo(f"ticker: {line}", err=True)


def event_line(event: object) -> str | None:
    """The line for a notice or a fired alert, without control characters; None for any other event."""
    if isinstance(event, Notice):
        return printable(f"{event.sender}: {event.text}")
    if isinstance(event, Fired):
        lost = f" ({event.lost:,} earlier ones were dropped)" if event.lost else ""
        return printable(f"alert {event.id}: {event.symbol} {event.when}: {event.value:.15g}{lost}")
    return None

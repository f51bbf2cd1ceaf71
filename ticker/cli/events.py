"""What a server may tell besides what a command is about: its operator's notices, and alerts that fired.

An alert goes to all connections of its owner's, and what waited for one to come goes to the first; so whichever command
that is says it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import click

from ticker.cli.failure import printable
from ticker.wire.messages import Fired, Notice

#: So many are kept while the screen is a table's.
_KEPT: Final = 100


class Asides:
    """Those of a stream, on stderr; ``held`` until they are released, while the screen is a table's."""

    def __init__(self, *, held: bool = False) -> None:
        self._held: deque[str] | None = deque(maxlen=_KEPT) if held else None

    @property
    def newest(self) -> str:
        """The last of those that are held."""
        return self._held[-1] if self._held else ""

    async def follow(self, events: AsyncIterator[object]) -> None:
        """Until the stream ends."""
        async for event in events:
            if (words := aside(event)) is None:
                continue
            if self._held is None:
                _say(words)
            else:
                self._held.append(words)

    def release(self) -> None:
        """The screen is free."""
        held, self._held = self._held, None
        for words in held or ():
            _say(words)


def _say(words: str) -> None:
    click.echo(f"ticker: {words}", err=True)


def aside(event: object) -> str | None:
    """What to tell the user, in a line that can't steer a terminal; None if it is nothing of these."""
    if isinstance(event, Notice):
        return printable(f"{event.sender}: {event.text}")
    if isinstance(event, Fired):
        lost = f" ({event.lost:,} before it are not kept any more)" if event.lost else ""
        return printable(f"alert {event.id}: {event.symbol} {event.when}: {event.value:g}{lost}")
    return None

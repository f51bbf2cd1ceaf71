"""Every trade or quote as a line, as on a ticker tape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

from rich.text import Text

from ticker.cli.failure import printable
from ticker.cli.numbers import price, short
from ticker.cli.watch.columns import arrow, direction_style, moment

#: Wide enough for most numbers; a longer one moves the rest of its line to the right.
_PRICE_CELLS = 10
_SIZE_CELLS = 6
#: What is shown for a trade's ``change``.
_CHANGES: Final = {"late": "late", "cancel": "cancelled", "correct": "corrected to this"}


class Tape:
    """Formats ticks of one channel. It remembers each symbol's last price for the arrow."""

    def __init__(self, channel: str, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._prices: dict[str, float] = {}
        self._symbol_cells = 6
        self._rest: Callable[[Any], list[tuple[str, str]]] = self._trade if channel == "trades" else self._quote

    def line(self, tick: Any) -> Text:
        """The line of a ``Trade`` or ``Quote``."""
        name = printable(tick.symbol)
        self._symbol_cells = max(self._symbol_cells, len(name))
        at = moment(tick.ts, self._zone)
        text = Text.assemble(
            (f"{at:%H:%M:%S.%f}", "dim"),
            "  ",
            (name.ljust(self._symbol_cells), "bold"),
            *self._rest(tick),
            no_wrap=True,
        )
        if tick.lost:
            text.append(f"  ({tick.lost:,} lost before)", "yellow")
        return text

    def _trade(self, tick: Any) -> list[tuple[str, str]]:
        """Late, cancelled and corrected trades are marked, and are no move of the price."""
        move = 0.0
        if tick.change is None:
            move = tick.price - self._prices.get(tick.symbol, tick.price)
            self._prices[tick.symbol] = tick.price
        direction = (move > 0) - (move < 0)
        parts = [
            (f"  {price(tick.price):>{_PRICE_CELLS}} {arrow(direction)}", direction_style(move)),
            (f"  × {short(tick.size)}", ""),
        ]
        if tick.conditions:
            parts.append((f"  {printable(' '.join(tick.conditions))}", "dim"))
        if tick.change is not None:
            number = f" #{tick.id}" if tick.id else ""
            parts.append((f"  {_CHANGES.get(tick.change, printable(tick.change))}{number}", "yellow"))
        return parts

    def _quote(self, tick: Any) -> list[tuple[str, str]]:
        return [
            (f"  {short(tick.bid_size):>{_SIZE_CELLS}} ×", "dim"),
            (f" {price(tick.bid) or '—':>{_PRICE_CELLS}}", ""),
            ("  │", "dim"),
            (f" {price(tick.ask) or '—':<{_PRICE_CELLS}}", ""),
            (f" × {short(tick.ask_size)}", "dim"),
        ]

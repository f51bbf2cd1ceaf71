"""The data of the live table: a row per symbol, in the requested order.

Times in seconds are arguments, from a monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ticker.client.protocol.watchlist import ALL

#: The displayed rate is averaged over this time.
RATE_OVER_S: Final = 2.0


class Row:
    """A symbol's latest values, and the last movement of its price."""

    __slots__ = ("direction", "moved_s", "symbol", "values")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.values: Mapping[str, Any] = {}
        #: The last change of the price: 1 up, -1 down, 0 none yet.
        self.direction = 0
        #: When ``last`` changed.
        self.moved_s = float("-inf")

    def take(self, values: Mapping[str, Any], now_s: float) -> None:
        before, last = self.values.get("last"), values.get("last")
        if before is not None and last is not None and last != before:
            self.direction = 1 if last > before else -1
            self.moved_s = now_s
        elif last is None:
            self.direction = 0
        self.values = values

    def get(self, field: str) -> Any:
        """The value of a field, or None."""
        return self.values.get(field)

    @property
    def change(self) -> float | None:
        """Change from the previous day's close."""
        last, close = self.get("last"), self.get("prev_close")
        return None if last is None or close is None else last - close

    @property
    def change_percent(self) -> float | None:
        """Change from the previous day's close in percent; a rise from below zero is above 0."""
        change, close = self.change, self.get("prev_close")
        return None if change is None or not close else 100 * change / abs(close)

    @property
    def spread(self) -> float | None:
        """Ask minus bid."""
        bid, ask = self.get("bid"), self.get("ask")
        return None if bid is None or ask is None else ask - bid


class Sheet:
    """All rows. Requested symbols have a row from the start, others from their first update."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self._rows = {symbol: Row(symbol) for symbol in asked if symbol != ALL}
        #: Number of updates.
        self.updates = 0
        #: The newest timestamp of any row (UTC epoch, ns).
        self.ts: int | None = None
        self._counts: deque[tuple[float, int]] = deque()

    @property
    def rows(self) -> Sequence[Row]:
        return list(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, symbol: str, values: Mapping[str, Any], now_s: float) -> None:
        """Set a symbol's current values. A symbol without values keeps its row, because it may return."""
        row = self._rows.get(symbol)
        if row is None:
            row = self._rows[symbol] = Row(symbol)
        row.take(values, now_s)
        self.updates += 1
        ts = row.get("ts")
        if ts is not None and (self.ts is None or ts > self.ts):
            self.ts = ts

    def drop(self, symbols: Iterable[str]) -> None:
        """Remove the rows of rejected symbols."""
        for symbol in symbols:
            self._rows.pop(symbol, None)

    def rate_hz(self, now_s: float) -> float | None:
        """Updates per second over the last ``RATE_OVER_S``; None on the first call."""
        counts = self._counts
        counts.append((now_s, self.updates))
        while len(counts) > 2 and counts[1][0] <= now_s - RATE_OVER_S:
            counts.popleft()
        (then_s, then), (_, now) = counts[0], counts[-1]
        return (now - then) / (now_s - then_s) if now_s > then_s else None

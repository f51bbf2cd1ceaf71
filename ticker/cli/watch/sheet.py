"""What the live table is about: a row a symbol, in the order asked. Knows no terminal and no connection.

Times in seconds come in as arguments, from a clock that never goes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ticker.client.protocol.watchlist import ALL

#: Over how long updates are counted for the rate shown.
RATE_OVER_S: Final = 2.0


class Row:
    """A symbol's newest values, and how its price moved last."""

    __slots__ = ("direction", "moved_s", "symbol", "values")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.values: Mapping[str, Any] = {}
        #: 1 if the last price that differed from the one before was higher, -1 if lower, 0 before there is one.
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
        """How far the price is from the previous day's close."""
        last, close = self.get("last"), self.get("prev_close")
        return None if last is None or close is None else last - close

    @property
    def change_percent(self) -> float | None:
        """The same in per cent of that close."""
        change, close = self.change, self.get("prev_close")
        return None if change is None or not close else 100 * change / close

    @property
    def spread(self) -> float | None:
        """What lies between the ask and the bid."""
        bid, ask = self.get("bid"), self.get("ask")
        return None if bid is None or ask is None else ask - bid


class Sheet:
    """All rows. Symbols asked for have theirs from the beginning; others get one when they first come."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        self._rows = {symbol: Row(symbol) for symbol in asked if symbol != ALL}
        #: How many updates there were.
        self.updates = 0
        #: The newest stamp of any row (UTC epoch, ns).
        self.ts: int | None = None
        self._counts: deque[tuple[float, int]] = deque()

    @property
    def rows(self) -> Sequence[Row]:
        return list(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, symbol: str, values: Mapping[str, Any], now_s: float) -> None:
        """Take in what a symbol's fields are now. One without any keeps its row: it may come back."""
        row = self._rows.get(symbol)
        if row is None:
            row = self._rows[symbol] = Row(symbol)
        row.take(values, now_s)
        self.updates += 1
        ts = row.get("ts")
        if ts is not None and (self.ts is None or ts > self.ts):
            self.ts = ts

    def drop(self, symbols: Iterable[str]) -> None:
        """These have no row: the server doesn't know them."""
        for symbol in symbols:
            self._rows.pop(symbol, None)

    def rate_hz(self, now_s: float) -> float | None:
        """Updates a second since an earlier call, a while ago; None at the first."""
        counts = self._counts
        counts.append((now_s, self.updates))
        while len(counts) > 2 and counts[1][0] <= now_s - RATE_OVER_S:
            counts.popleft()
        (then_s, then), (_, now) = counts[0], counts[-1]
        return (now - then) / (now_s - then_s) if now_s > then_s else None

"""Live bars of one interval, compared with the server's history. No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from tests.soak.tape import ALL, Message, among

#: As in ``/v1/bars``: start, open, high, low, close, volume, vwap, trades, closed.
Bar = tuple[Any, ...]


class Bars:
    """One client's view of the channel `bars`. Asserts the protocol's rules on each frame."""

    def __init__(self, interval: str) -> None:
        self.interval = interval
        self.number: int | None = None
        self.watched: frozenset[str] = frozenset()
        #: By symbol: bars closed since the last checkpoint, the number lost, and the open bar.
        self.closed: dict[str, list[Bar]] = defaultdict(list)
        self.lost: dict[str, int] = defaultdict(int)
        self.open: dict[str, Bar] = {}
        #: Start of the last closed bar at the previous checkpoint; unknown at first.
        self._before: dict[str, int] = {}
        self.verified = 0

    def forget(self) -> None:
        """Start a new epoch."""
        self.number = None
        for known in (self.closed, self.lost, self.open, self._before):
            known.clear()

    def watch(self, symbols: Collection[str]) -> None:
        """Set the watchlist, as the server confirmed it."""
        self.watched = frozenset(symbols)
        for known in (self.closed, self.lost, self.open, self._before):
            for name in [name for name in known if not among(self.watched, name)]:
                del known[name]

    def take(self, message: Message) -> None:
        if self.number is not None:
            assert message["since"] <= self.number, f"an unannounced gap: {self.number} to {message['since']}"
            assert message["version"] >= self.number, f"it goes back from {self.number} to {message['version']}"
        self.number = message["version"]
        for name, count in message.get("lost", {}).items():
            assert name != ALL, "the loss of bars is not told by symbol"
            self.lost[name] += count
        for name, *bar in message["data"]:
            if not among(self.watched, name):
                continue
            closed = self.closed[name]
            if bar[-1]:
                assert not closed or closed[-1][0] < bar[0], f"the bar of {name} at {bar[0]} closed twice, or late"
                closed.append(tuple(bar))
                if name in self.open and self.open[name][0] <= bar[0]:
                    del self.open[name]
            else:
                assert not closed or closed[-1][0] < bar[0], f"the bar of {name} at {bar[0]} continues after its close"
                self.open[name] = tuple(bar)

    def differs(self, fetched: Mapping[str, list[Bar]]) -> str | None:
        """The first difference from the history of all watched symbols, or None."""
        for name, bars in fetched.items():
            if not among(self.watched, name):
                continue
            where = f"bars {self.interval} of {name}"
            mine = self.closed.get(name, [])
            closed = [bar for bar in bars if bar[-1]]
            if name in self._before:
                closed = [bar for bar in closed if bar[0] > self._before[name]]
                if len(closed) != len(mine) + self.lost.get(name, 0):
                    return f"{where}: {len(closed)} closed, {len(mine)} received, {self.lost.get(name, 0)} lost"
            if mine and closed[-len(mine) :] != mine:
                unequal = [(its, my) for its, my in zip(closed[-len(mine) :], mine, strict=False) if its != my]
                return f"{where}: fetched and live differ: {unequal[:2] or (len(closed), len(mine))}"
            still_open = [bar for bar in bars if not bar[-1]]
            if (still_open[-1] if still_open else None) != self.open.get(name):
                return f"{where}: the open bar is {still_open}, received {self.open.get(name)}"
        return None

    def settle(self, fetched: Mapping[str, list[Bar]]) -> None:
        """Drop the closed bars, which ``differs`` has compared."""
        for name, bars in fetched.items():
            if among(self.watched, name):
                closed = [bar[0] for bar in bars if bar[-1]]
                self._before[name] = closed[-1] if closed else 0
                self.verified += len(self.closed.get(name, ()))
        self.closed.clear()
        self.lost.clear()

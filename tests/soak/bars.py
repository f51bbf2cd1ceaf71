"""Bars of one interval as they came live, held against those that the server's history has. Knows no socket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from tests.soak.tape import ALL, Message, among

#: As they are fetched: start, open, high, low, close, volume, vwap, trades, closed.
Bar = tuple[Any, ...]


class Bars:
    """One client's side of the channel `bars`. Asserts the protocol's rules on each frame."""

    def __init__(self, interval: str) -> None:
        self.interval = interval
        self.number: int | None = None
        self.watched: frozenset[str] = frozenset()
        #: By symbol: closed ones since the last checkpoint, how many were lost, and the one under way.
        self.closed: dict[str, list[Bar]] = defaultdict(list)
        self.lost: dict[str, int] = defaultdict(int)
        self.under_way: dict[str, Bar] = {}
        #: The start of the last closed one at the checkpoint before; without it, it isn't known where they begin.
        self._before: dict[str, int] = {}
        self.verified = 0

    def forget(self) -> None:
        """A new epoch: nothing of before counts."""
        self.number = None
        for known in (self.closed, self.lost, self.under_way, self._before):
            known.clear()

    def watch(self, symbols: Collection[str]) -> None:
        """The server's word on what is watched."""
        self.watched = frozenset(symbols)
        for known in (self.closed, self.lost, self.under_way, self._before):
            for name in [name for name in known if not among(self.watched, name)]:
                del known[name]

    def take(self, message: Message) -> None:
        if self.number is not None:
            assert message["since"] <= self.number, f"a gap that nobody told: {self.number} to {message['since']}"
            assert message["version"] >= self.number, f"it goes back from {self.number} to {message['version']}"
        self.number = message["version"]
        for name, count in message.get("lost", {}).items():
            assert name != ALL, "so many bars were lost that they can't be told apart"
            self.lost[name] += count
        for name, *bar in message["data"]:
            if not among(self.watched, name):
                continue
            closed = self.closed[name]
            if bar[-1]:
                assert not closed or closed[-1][0] < bar[0], f"the bar of {name} at {bar[0]} closed twice, or late"
                closed.append(tuple(bar))
                if name in self.under_way and self.under_way[name][0] <= bar[0]:
                    del self.under_way[name]
            else:
                assert not closed or closed[-1][0] < bar[0], f"the bar of {name} at {bar[0]} goes on after its close"
                self.under_way[name] = tuple(bar)

    def differs(self, fetched: Mapping[str, list[Bar]]) -> str | None:
        """From the history, which has every symbol that is watched."""
        for name, bars in fetched.items():
            if not among(self.watched, name):
                continue
            where = f"bars {self.interval} of {name}"
            mine = self.closed.get(name, [])
            closed = [bar for bar in bars if bar[-1]]
            if name in self._before:
                closed = [bar for bar in closed if bar[0] > self._before[name]]
                if len(closed) != len(mine) + self.lost.get(name, 0):
                    return f"{where}: {len(closed)} have closed, {len(mine)} came, {self.lost.get(name, 0)} were lost"
            if mine and closed[-len(mine) :] != mine:
                wrong = [(its, my) for its, my in zip(closed[-len(mine) :], mine, strict=False) if its != my]
                return f"{where}: fetched and live differ: {wrong[:2] or (len(closed), len(mine))}"
            under_way = [bar for bar in bars if not bar[-1]]
            if (under_way[0] if under_way else None) != self.under_way.get(name):
                return f"{where}: under way is {under_way}, and came {self.under_way.get(name)}"
        return None

    def settle(self, fetched: Mapping[str, list[Bar]]) -> None:
        """What came is right: it need not be kept."""
        for name, bars in fetched.items():
            if among(self.watched, name):
                closed = [bar[0] for bar in bars if bar[-1]]
                self._before[name] = closed[-1] if closed else 0
                self.verified += len(self.closed.get(name, ()))
        self.closed.clear()
        self.lost.clear()

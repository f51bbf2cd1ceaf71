"""Trades and quotes: everything that happened, as a client on `*` was told it, and what another client has of it.

Sequence numbers say what a frame is about, so each frame can be held against what happened, to the tick. This module
knows no socket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

#: Ticks that are remembered: more than happen while a client is away.
REMEMBERED: Final = 200_000
ALL: Final = "*"

Tick = tuple[Any, ...]
Message = dict[str, Any]


def among(symbols: Collection[str], name: str) -> bool:
    return ALL in symbols or name in symbols


class Happened:
    """The ticks of one channel and epoch by their numbers. Those that the recorder itself lost are None."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        #: The number before the first that is remembered, and that of the last.
        self.tail = self.head = 0
        self._ticks: list[Tick | None] = []

    def begin(self, epoch: str | None, number: int) -> None:
        self.epoch, self.tail, self.head = epoch, number, number
        self._ticks.clear()

    def note(self, message: Message) -> None:
        """The next frame of a client that watches everything. Asserts that nothing is left out."""
        lost = sum(message.get("lost", {}).values())
        ticks = [tuple(row) for row in message["data"]]
        assert self.head + lost + len(ticks) == message["version"], (
            f"on {ALL}, after {self.head} and up to {message['version']}, came {len(ticks)} ticks and {lost} lost"
        )
        self._ticks += [None] * lost
        self._ticks += ticks
        self.head = message["version"]
        if len(self._ticks) > 2 * REMEMBERED:
            del self._ticks[:-REMEMBERED]
            self.tail = self.head - REMEMBERED

    def between(self, after: int, upto: int) -> list[Tick | None] | None:
        """The ticks ``(after, upto]``; None if that is not known (any more, or yet)."""
        if after < self.tail or upto > self.head:
            return None
        return self._ticks[after - self.tail : upto - self.tail]


@dataclass(frozen=True, slots=True)
class Told:
    """A frame: what it was to tell (all ticks ``(after, upto]`` of ``watched``), and what it told.

    ``doubtful`` are symbols that were added or taken out since the frame before.
    """

    after: int
    upto: int
    watched: frozenset[str]
    doubtful: frozenset[str]
    data: list[Tick]
    lost: dict[str, int]

    def differs(self, happened: Happened) -> str | None:
        """From what happened, and how. None also where that can't be said."""
        # What is too old to be told apart by symbol was lost first.
        after = self.after + self.lost.get(ALL, 0)
        ticks = happened.between(after, self.upto)
        if ticks is None or None in ticks:
            return None
        certain = [tick for tick in ticks if tick and among(self.watched, tick[0]) and not self._doubtful(tick[0])]
        lost = {name: count for name, count in self.lost.items() if name != ALL and not self._doubtful(name)}
        data = [tick for tick in self.data if not self._doubtful(tick[0])]
        missed = sum(lost.values())
        if certain[missed:] == data and Counter(tick[0] for tick in certain[:missed]) == lost:
            return None
        due = Counter(tick[0] for tick in certain)
        came = Counter(tick[0] for tick in data)
        return f"after {after} and up to {self.upto} there were {due}; came {came}, lost {lost}" + (
            ", and in another order or with other values" if due == came + Counter(lost) else ""
        )

    def _doubtful(self, name: str) -> bool:
        return ALL in self.doubtful or name in self.doubtful


class Tape:
    """One client's side of `trades` or `quotes`. Asserts the protocol's rules on each frame."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.number: int | None = None
        self.watched: frozenset[str] = frozenset()
        self.told: list[Told] = []
        #: Ticks that came, that were told to be lost, and that were held against what happened.
        self.came = self.lost = self.verified = 0
        self._doubtful: frozenset[str] = frozenset()

    def forget(self) -> None:
        """A new epoch: the numbers begin anew."""
        self.number = None
        self.told.clear()

    def watch(self, symbols: Collection[str]) -> None:
        """The server's word on what is watched."""
        now = frozenset(symbols)
        self._doubtful |= now ^ self.watched
        self.watched = now

    def take(self, message: Message) -> None:
        number = message["since"] if self.number is None else self.number
        upto, data, lost = message["version"], [tuple(row) for row in message["data"]], message.get("lost", {})
        assert message["since"] <= number, f"a gap that nobody told: from {number} to {message['since']}"
        assert upto >= number, f"it goes back from {number} to {upto}"
        self.told.append(Told(number, upto, self.watched, self._doubtful, data, lost))
        assert all(among(self.watched | self._doubtful, tick[0]) for tick in data), "ticks that nobody asked for"
        assert all(mine[0] != its[0] or mine[1] <= its[1] for mine, its in pairwise(data)), "a symbol's stamps go back"
        self.number = upto
        self._doubtful = frozenset()
        self.came += len(data)
        self.lost += sum(lost.values())

    def differs(self, happened: Happened, epoch: str | None, head: int) -> str | None:
        """From all that happened up to tick number ``head``: the frames that came, and those that didn't."""
        if not self.watched:
            return None
        if happened.epoch != epoch or happened.head != head:
            return f"the recorder of {self.channel} is at {happened.head} of epoch {happened.epoch}, and not at {head}"
        if self.number is None:
            return f"nothing has come on {self.channel}"
        for told in self.told:
            if (difference := told.differs(happened)) is not None:
                return f"{self.channel}: {difference}"
        left = happened.between(self.number, head) or []
        if owed := sum(tick is not None and among(self.watched, tick[0]) for tick in left):
            return f"{self.channel}: at {self.number}, and {owed} more have happened up to {head}"
        return None

    def settle(self, happened: Happened) -> None:
        """What was told is right: it need not be kept."""
        known = [told for told in self.told if happened.between(told.after, told.upto) is not None]
        self.verified += sum(len(told.data) + sum(told.lost.values()) for told in known)
        self.told.clear()

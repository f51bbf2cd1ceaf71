"""Trades and quotes: the recording of a client on `*`, and the frames of another client, compared with it.

Sequence numbers tell which ticks a frame covers, so each frame can be compared tick by tick. No I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

#: Ticks kept: more than occur while a client is away.
REMEMBERED: Final = 200_000
ALL: Final = "*"

Tick = tuple[Any, ...]
Message = dict[str, Any]


def among(symbols: Collection[str], name: str) -> bool:
    return ALL in symbols or name in symbols


class Recording:
    """The ticks of one channel and epoch by their numbers; None for those that the recorder itself lost."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        #: The number before the first tick kept, and that of the last.
        self.tail = self.head = 0
        self._ticks: list[Tick | None] = []

    def begin(self, epoch: str | None, number: int) -> None:
        self.epoch, self.tail, self.head = epoch, number, number
        self._ticks.clear()

    def note(self, message: Message) -> None:
        """Add the next frame of a client on `*`. Asserts that no tick is missing."""
        lost = sum(message.get("lost", {}).values())
        ticks = [tuple(row) for row in message["data"]]
        assert self.head + lost + len(ticks) == message["version"], (
            f"on {ALL}, after {self.head} up to {message['version']}: {len(ticks)} ticks received, {lost} lost"
        )
        self._ticks += [None] * lost
        self._ticks += ticks
        self.head = message["version"]
        if len(self._ticks) > 2 * REMEMBERED:
            del self._ticks[:-REMEMBERED]
            self.tail = self.head - REMEMBERED

    def between(self, after: int, upto: int) -> list[Tick | None] | None:
        """The ticks ``(after, upto]``; None if some are not recorded, or no longer kept."""
        if after < self.tail or upto > self.head:
            return None
        return self._ticks[after - self.tail : upto - self.tail]


@dataclass(frozen=True, slots=True)
class TapeFrame:
    """A frame that covers the ticks ``(after, upto]`` of ``watched``: its ``data`` and its ``lost`` counts.

    ``uncertain`` symbols were added or removed since the previous frame.
    """

    after: int
    upto: int
    watched: frozenset[str]
    uncertain: frozenset[str]
    data: list[Tick]
    lost: dict[str, int]

    def differs(self, recording: Recording) -> str | None:
        """The difference from the recording; None if there is none, or if it has a gap there."""
        # Losses that are not told by symbol are the oldest.
        after = self.after + self.lost.get(ALL, 0)
        ticks = recording.between(after, self.upto)
        if ticks is None or None in ticks:
            return None
        certain = [tick for tick in ticks if tick and among(self.watched, tick[0]) and not self._uncertain(tick[0])]
        lost = {name: count for name, count in self.lost.items() if name != ALL and not self._uncertain(name)}
        data = [tick for tick in self.data if not self._uncertain(tick[0])]
        missed = sum(lost.values())
        if certain[missed:] == data and Counter(tick[0] for tick in certain[:missed]) == lost:
            return None
        due = Counter(tick[0] for tick in certain)
        came = Counter(tick[0] for tick in data)
        return f"after {after} up to {self.upto}: expected {due}, received {came}, lost {lost}" + (
            ", in another order or with other values" if due == came + Counter(lost) else ""
        )

    def _uncertain(self, name: str) -> bool:
        return ALL in self.uncertain or name in self.uncertain


class Tape:
    """One client's view of `trades` or `quotes`. Asserts the protocol's rules on each frame."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.number: int | None = None
        self.watched: frozenset[str] = frozenset()
        self.frames: list[TapeFrame] = []
        #: Ticks reported as lost, and ticks compared with the recording.
        self.lost = self.verified = 0
        self._uncertain: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Start a new epoch, with new numbers."""
        self.number = None
        self.frames.clear()

    def watch(self, symbols: Collection[str]) -> None:
        """Set the watchlist, as the server confirmed it."""
        now = frozenset(symbols)
        self._uncertain |= now ^ self.watched
        self.watched = now

    def take(self, message: Message) -> None:
        number = message["since"] if self.number is None else self.number
        upto, data, lost = message["version"], [tuple(row) for row in message["data"]], message.get("lost", {})
        assert message["since"] <= number, f"an unannounced gap: {number} to {message['since']}"
        assert upto >= number, f"it goes back from {number} to {upto}"
        self.frames.append(TapeFrame(number, upto, self.watched, self._uncertain, data, lost))
        assert all(among(self.watched | self._uncertain, tick[0]) for tick in data), "ticks of symbols not watched"
        assert all(mine[0] != its[0] or mine[1] <= its[1] for mine, its in pairwise(data)), "a symbol's stamps go back"
        self.number = upto
        self._uncertain = frozenset()
        self.lost += sum(lost.values())

    def differs(self, recording: Recording, epoch: str | None, head: int) -> str | None:
        """The difference from the recording up to tick ``head``, missing frames included, or None."""
        if not self.watched:
            return None
        if recording.epoch != epoch or recording.head != head:
            return f"the recorder of {self.channel} is at {recording.head} of epoch {recording.epoch}, not at {head}"
        if self.number is None:
            return f"nothing received on {self.channel}"
        for frame in self.frames:
            if (difference := frame.differs(recording)) is not None:
                return f"{self.channel}: {difference}"
        left = recording.between(self.number, head) or []
        if missing := sum(tick is not None and among(self.watched, tick[0]) for tick in left):
            return f"{self.channel}: at {self.number}, {missing} ticks up to {head} are missing"
        return None

    def settle(self, recording: Recording) -> None:
        """Drop the frames, which ``differs`` has compared."""
        recorded = [frame for frame in self.frames if recording.between(frame.after, frame.upto) is not None]
        self.verified += sum(len(frame.data) + sum(frame.lost.values()) for frame in recorded)
        self.frames.clear()

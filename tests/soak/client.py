"""What all clients of a soak have: a name, a watchlist, things that happen to them, and an account."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter

from tests.soak.expected import Truth


class Client(ABC):
    """Keeps itself connected while it is not away. ``run`` ends only by raising: what breaks a rule is an
    ``AssertionError``.

    ``counts``: connects, resumes, losses (connections that broke), messages. ``closes``: by code.
    """

    def __init__(self, name: str, kind: str, chance: random.Random) -> None:
        self.name = name
        #: Who is of the same kind stands in one line of the account.
        self.kind = kind
        self.counts: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.awake = asyncio.Event()
        self.here = asyncio.Event()
        self.awake.set()
        self.here.set()
        self._chance = chance
        self._timers: list[asyncio.TimerHandle] = []

    @abstractmethod
    async def run(self) -> None: ...

    # What happens to it

    def sleep(self, for_s: float) -> None:
        """It reads nothing, or takes nothing, for a while."""
        self.awake.clear()
        self._later(for_s, self.awake)

    def leave(self, for_s: float, *, politely: bool) -> None:
        """It goes, and comes back after a while."""
        self.here.clear()
        self._later(for_s, self.here)
        self._go(politely=politely)

    def wake(self) -> None:
        """It is there, and reads."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.awake.set()
        self.here.set()

    def _later(self, for_s: float, event: asyncio.Event) -> None:
        self._timers = [timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()]
        self._timers.append(asyncio.get_running_loop().call_later(for_s, event.set))

    @abstractmethod
    def _go(self, *, politely: bool) -> None:
        """The connection ends."""

    def rewatch(self, add: set[str], remove: set[str]) -> None:
        """Its watchlist changes, if it is one that does."""
        return

    def change_rate(self, rate_hz: float) -> None:
        """It wants more or fewer updates a second, if it can say so."""
        return

    def babble(self) -> None:
        """It sends what means nothing, if it can."""
        return

    # What it has

    @abstractmethod
    def differs(self, truth: Truth) -> str | None:
        """From the truth, and how. None: it has everything, and nothing else."""

    def settle(self, truth: Truth) -> None:
        """It has been found to be right."""
        return

    @property
    def verified(self) -> tuple[int, int]:
        """How many ticks and bars of its were held against what happened, and how many it was told were lost."""
        return 0, 0

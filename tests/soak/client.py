"""The base of all soak clients: a name, counters, and the faults that the plan applies."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter

from tests.soak.expected import Expected


class Client(ABC):
    """A client that stays connected unless it is told to leave. ``run`` ends only by raising: a broken rule is an
    ``AssertionError``.

    ``counts``: connects, resumes, losses (broken connections), messages. ``closes``: by code.
    """

    def __init__(self, name: str, kind: str, rng: random.Random) -> None:
        self.name = name
        #: The report sums up clients of one kind.
        self.kind = kind
        self.counts: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.awake = asyncio.Event()
        self.here = asyncio.Event()
        self.awake.set()
        self.here.set()
        self._rng = rng
        self._timers: list[asyncio.TimerHandle] = []

    @abstractmethod
    async def run(self) -> None: ...

    # Faults

    def sleep(self, for_s: float) -> None:
        """Stop reading for a time."""
        self.awake.clear()
        self._later(for_s, self.awake)

    def leave(self, for_s: float, *, politely: bool) -> None:
        """Disconnect, and reconnect after a time."""
        self.here.clear()
        self._later(for_s, self.here)
        self._go(politely=politely)

    def wake(self) -> None:
        """End all sleeping and absence."""
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
        """End the connection, with a close if ``politely``."""

    def rewatch(self, add: set[str], remove: set[str]) -> None:
        """Change the watchlist, if this client can."""
        return

    def change_rate(self, rate_hz: float) -> None:
        """Change the maximum rate, if this client can."""
        return

    def send_unknown_op(self) -> None:
        """Send a message with an unknown op, if this client can."""
        return

    # Checks

    @abstractmethod
    def differs(self, expected: Expected) -> str | None:
        """The first difference from the server's state, or None."""

    def settle(self, expected: Expected) -> None:
        """Drop what ``differs`` has compared."""
        return

    @property
    def verified(self) -> tuple[int, int]:
        """The number of ticks and bars compared with the recording, and the number reported as lost."""
        return 0, 0

"""The plan of a soak: a sequence of faults and changes drawn from a seed. It depends on the seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

#: Faults of the server and its feed, drawn like cards from a shuffled deck: each occurs before the deck is shuffled
#: again.
FAULTS: Final = (
    *("kill", "stop", "suspend", "crowd", "crowd", "remove", "remove", "rollover", "restart"),
    *("raise", "nonsense", "hang", "flood", "flood", "drip", "attack", "attack"),
)
RATES: Final = (0, 0.5, 1, 2, 5, 10, 20, 60)


@dataclass(frozen=True, slots=True)
class Step:
    """``client`` is the index of the client concerned; None for a fault of the server or its feed."""

    pause_s: float
    kind: str
    client: int | None = None
    for_s: float = 0.0
    #: Symbols to add and to remove, or a rate.
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rate_hz: float = 0.0


class Plan:
    """Steps come every ``pause_s`` on average; one in ``fault_every`` is a fault of the server or feed. ``slow_s`` is
    the server's slow-client timeout.
    """

    def __init__(
        self,
        seed: int,
        clients: int,
        symbols: Sequence[str],
        *,
        pause_s: float = 0.2,
        fault_every: int = 25,
        slow_s: float = 3.0,
    ) -> None:
        self._rng = random.Random(seed)
        self._clients = clients
        self._symbols = symbols
        self._pause_s = pause_s
        self._fault_every = fault_every
        self._slow_s = slow_s

    def steps(self) -> Iterator[Step]:
        """An endless sequence."""
        rng = self._rng
        deck: list[str] = []
        while True:
            for _ in range(self._fault_every - 1):
                yield self._step()
            if not deck:
                deck = list(FAULTS)
                rng.shuffle(deck)
            yield Step(self._pause_s, deck.pop(), for_s=rng.uniform(0.3, 3))

    def _step(self) -> Step:
        rng = self._rng
        pause_s = rng.uniform(0, 2 * self._pause_s)
        client = rng.randrange(self._clients)
        kind = rng.choices(
            ["sleep", "vanish", "leave", "rewatch", "rate", "unknown op"], [30, 20, 10, 25, 10, 5]
        )[0]  # fmt: skip
        # Some clients sleep beyond the server's slow-client timeout.
        long = kind == "sleep" and rng.random() < 0.15
        for_s = rng.uniform(2.5, 4) * self._slow_s if long else rng.uniform(0.1, 4)
        # The first symbol stays on every watchlist, so no watchlist becomes empty.
        add = tuple(rng.sample(self._symbols, 2))
        remove = tuple(rng.sample(self._symbols[1:], 3))
        return Step(pause_s, kind, client, for_s, add, remove, rng.choice(RATES))

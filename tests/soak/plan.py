"""What happens, and when: drawn from a seed, without a look at what came of it. A seed's plan is always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

#: What befalls the server and its feed. Each stands in the deck as often as it is to come; an empty deck is shuffled
#: anew, so that each comes before any comes much more often.
DECK: Final = (
    *("kill", "stop", "stand still", "crowd", "crowd", "remove", "remove", "rollover", "restart"),
    *("raise", "nonsense", "hang", "flood", "flood", "drip"),
)
RATES: Final = (0, 0.5, 1, 2, 5, 10, 20, 60)


@dataclass(frozen=True, slots=True)
class Step:
    """``client`` is the number of the one that it happens to; None: it is the server's or its feed's."""

    pause_s: float
    kind: str
    client: int | None = None
    for_s: float = 0.0
    #: Symbols to add and to remove, or a rate.
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    rate_hz: float = 0.0


class Plan:
    """``clients``: how many there are, and a new step of theirs comes every ``pause_s``; ``slow_s``: who takes nothing
    for so long is closed. Every ``fault_every`` steps one is a fault.
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
        self._chance = random.Random(seed)
        self._clients = clients
        self._symbols = symbols
        self._pause_s = pause_s
        self._fault_every = fault_every
        self._slow_s = slow_s

    def steps(self) -> Iterator[Step]:
        """Without end."""
        chance = self._chance
        deck: list[str] = []
        while True:
            for _ in range(self._fault_every - 1):
                yield self._step()
            if not deck:
                deck = list(DECK)
                chance.shuffle(deck)
            yield Step(self._pause_s, deck.pop(), for_s=chance.uniform(0.3, 3))

    def _step(self) -> Step:
        chance = self._chance
        pause_s = chance.uniform(0, 2 * self._pause_s)
        client = chance.randrange(self._clients)
        kind = chance.choices(
            ["sleep", "vanish", "leave", "rewatch", "rate", "babble"], [30, 20, 10, 25, 10, 5]
        )[0]  # fmt: skip
        # Once in a while it takes nothing for so long that the server loses its patience.
        long = kind == "sleep" and chance.random() < 0.15
        for_s = chance.uniform(2.5, 4) * self._slow_s if long else chance.uniform(0.1, 4)
        # The first symbol is always watched, so that nobody is left with nothing.
        add = tuple(chance.sample(self._symbols, 2))
        remove = tuple(chance.sample(self._symbols[1:], 3))
        return Step(pause_s, kind, client, for_s, add, remove, chance.choice(RATES))

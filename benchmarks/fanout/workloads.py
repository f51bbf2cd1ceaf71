"""The workloads: numbers of clients, symbols and ticks a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    clients: int
    #: Symbols per client, and in total.
    each: int
    symbols: int
    #: Of all symbols.
    ticks_per_second: int
    #: Whether all clients watch the same symbols.
    same: bool = False

    @property
    def title(self) -> str:
        own = f"all the same {self.each}" if self.same else f"each its own {self.each}"
        return f"{self.name}: {self.clients:,} clients, {own} of {self.symbols}, {self.ticks_per_second:,} ticks/s"

    @property
    def offered(self) -> float:
        """Ticks a second, each counted once per client that watches its symbol."""
        return self.ticks_per_second * self.each / self.symbols * self.clients

    def plan(self, client: int, names: Sequence[str]) -> list[str]:
        """The symbols of a client. All symbols have equally many clients."""
        first = 0 if self.same else client * self.each
        # A step coprime to the number of symbols visits all symbols before repeating one.
        return [names[(first + at) * _STEP % self.symbols] for at in range(self.each)]

    def scaled(self, clients: int) -> Self:
        return replace(self, clients=clients)


_STEP: Final = 7

WORKLOADS: Final = {
    each.name: each
    for each in (
        Workload("W1", 1_000, 20, 500, 10_000),
        Workload("W2", 5_000, 50, 50, 1_000, same=True),
        Workload("W3", 200, 500, 500, 50_000, same=True),
        Workload("W4", 10_000, 5, 500, 500),
    )
}
#: For the latency of clients without a rate limit.
AT_ONCE: Final = Workload("at once", 1_000, 20, 500, 500)

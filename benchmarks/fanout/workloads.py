"""What is asked of each contender: so many clients, so many symbols each, so many ticks a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    clients: int
    #: Symbols that a client watches, and that there are.
    each: int
    symbols: int
    #: Of all symbols together.
    ticks_per_second: int
    #: Whether all clients watch the same symbols.
    same: bool = False

    @property
    def title(self) -> str:
        own = f"all the same {self.each}" if self.same else f"each its own {self.each}"
        return f"{self.name}: {self.clients:,} clients, {own} of {self.symbols}, {self.ticks_per_second:,} ticks/s"

    @property
    def offered(self) -> float:
        """Ticks a second times the clients that watch their symbol."""
        return self.ticks_per_second * self.each / self.symbols * self.clients

    def plan(self, client: int, names: Sequence[str]) -> list[str]:
        """The symbols that a client watches. Spread so that each symbol has as many clients as any other."""
        first = 0 if self.same else client * self.each
        # A step without a common factor with the number of symbols visits each of them before any comes again.
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
#: For the time from a tick to a client that takes each at once.
AT_ONCE: Final = Workload("at once", 1_000, 20, 500, 500)

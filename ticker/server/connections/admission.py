"""Who may come in: so many connections in all, from one address, and of one key."""

from __future__ import annotations

from collections import Counter

from ticker.auth.identity import ANYONE, Identity
from ticker.server.connections.address import source
from ticker.server.core.localhost import is_own
from ticker.wire.limits import Limits


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """Nobody more comes in for now. ``status`` is HTTP's, with the code and the words of the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Door:
    """Counts who is in. Addresses of this machine itself are counted in all only: its own programs, or a proxy."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._in_all = 0
        self._by: Counter[tuple[str, str]] = Counter()

    def enter(self, address: str | None, who: Identity = ANYONE) -> None:
        """One more. Raises ``Refusal``; then it isn't in."""
        if self._in_all >= self._limits.connections:
            raise Refusal(503, "too-many-connections", "the server has as many clients as it takes; try again later")
        places = self._places(address, who)
        for (kind, each), most in places.items():
            if most is not None and self._by[kind, each] >= most:
                text = f"there are {most} connections from your {kind} already, which is as many as may be"
                raise Refusal(429, "too-many-connections", text)
        self._by.update(places.keys())
        self._in_all += 1

    def leave(self, address: str | None, who: Identity = ANYONE) -> None:
        self._in_all -= 1
        for place in self._places(address, who):
            self._by[place] -= 1
            if not self._by[place]:
                del self._by[place]

    def _places(self, address: str | None, who: Identity) -> dict[tuple[str, str], int | None]:
        """What one is counted by, and how many there may be."""
        places: dict[tuple[str, str], int | None] = {}
        if address is not None and not is_own(address):
            places["address", source(address)] = self._limits.connections_per_address
        if who.name:
            places["key", who.owner] = who.may.connections or self._limits.connections_per_key
        return places

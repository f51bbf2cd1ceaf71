"""Admission limits: connections in total, per address and per key."""

from __future__ import annotations

from collections import Counter

from ticker.auth.identity import ANYONE, Identity
from ticker.server.core.address import is_loopback, limit_key
from ticker.server.core.responses import HttpError
from ticker.wire.limits import Limits

#: The ``Retry-After`` of a refused connection, in seconds.
RETRY_AFTER_S = 5


class Admission:
    """Counts connections. Loopback addresses count only towards the total: local programs, or a reverse proxy."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._total = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def enter(self, address: str | None, identity: Identity = ANYONE) -> None:
        """Count a connection. Raises ``HttpError`` if it exceeds a limit."""
        if self._total >= self._limits.connections:
            raise refused(503, "too-many-connections", "the server has reached its connection limit; try again later")
        scopes = self._scopes(address, identity)
        for (kind, each), maximum in scopes.items():
            if maximum is not None and self._counts[kind, each] >= maximum:
                text = f"your {kind} has {maximum} connections, which is the maximum"
                raise refused(429, "too-many-connections", text)
        self._counts.update(scopes.keys())
        self._total += 1

    def leave(self, address: str | None, identity: Identity = ANYONE) -> None:
        self._total -= 1
        for scope in self._scopes(address, identity):
            self._counts[scope] -= 1
            if not self._counts[scope]:
                del self._counts[scope]

    def _scopes(self, address: str | None, identity: Identity) -> dict[tuple[str, str], int | None]:
        """What a connection counts towards, each with its maximum."""
        scopes: dict[tuple[str, str], int | None] = {}
        if address is not None and not is_loopback(address):
            scopes["address", limit_key(address)] = self._limits.connections_per_address
        if identity.name:
            scopes["key", identity.owner] = identity.may.connections or self._limits.connections_per_key
        return scopes


def refused(status: int, code: str, message: str) -> HttpError:
    """The answer to a client that should try again later."""
    return HttpError(status, code, message, {"Retry-After": str(RETRY_AFTER_S)})

"""Who may come in: so many connections in all, and so many from one address."""

from __future__ import annotations

import ipaddress
from collections import Counter

from ticker.messages import Limits


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
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str | None) -> None:
        """One more. Raises ``Refusal``; then it isn't in."""
        if self._in_all >= self._limits.connections:
            raise Refusal(503, "too-many-connections", "the server has as many clients as it takes; try again later")
        if address is not None and not is_own(address):
            most = self._limits.connections_per_address
            if self._by_address[address] >= most:
                text = f"there are {most} connections from your address already, which is as many as may be"
                raise Refusal(429, "too-many-connections", text)
            self._by_address[address] += 1
        self._in_all += 1

    def leave(self, address: str | None) -> None:
        self._in_all -= 1
        if address is not None and address in self._by_address:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def is_own(address: str) -> bool:
    """Whether an address is this machine's own. Anything that isn't an address is not, except ``localhost``."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"

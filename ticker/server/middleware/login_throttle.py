"""Wrong keys cost time: a second each, and from one address not many. Right ones are never kept waiting."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from ticker.server.connections.address import source
from ticker.server.connections.token_bucket import Allowance, Verdict

#: So late comes the answer to a wrong one.
LATE_S: Final = 1.0
#: So many wrong ones may wait for their answer at once; more are answered with "too many" without waiting.
WAITING: Final = 256
#: Addresses that are remembered; the one that was wrong longest ago goes first.
ADDRESSES: Final = 4_096


class Attempts:
    """``burst`` wrong keys from an address at once, and ``per_minute`` for long."""

    def __init__(self, burst: int, per_minute: float, late_s: float = LATE_S) -> None:
        self._burst = burst
        self._per_s = per_minute / 60
        self._late_s = late_s
        self._known: OrderedDict[str, Allowance] = OrderedDict()
        self._waiting = 0

    async def wrong(self, address: str | None) -> bool:
        """One more from there; returns late. False: too many."""
        now_s = asyncio.get_running_loop().time()
        place = source(address or "")
        allowance = self._known.pop(place, None) or Allowance(self._per_s, self._burst, now_s)
        self._known[place] = allowance
        if len(self._known) > ADDRESSES:
            self._known.popitem(last=False)
        if allowance.take(now_s) is not Verdict.FINE or self._waiting >= WAITING:
            return False
        self._waiting += 1
        try:
            await asyncio.sleep(self._late_s)
        finally:
            self._waiting -= 1
        return True

    @property
    def retry_after_s(self) -> int:
        return max(1, round(1 / self._per_s))

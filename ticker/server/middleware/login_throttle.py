"""Slows down guessing of keys: a wrong key is answered late, and each address may send only a few."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from ticker.server.core.address import limit_key
from ticker.token_bucket import TokenBucket

#: How late a wrong key is answered.
DELAY_S: Final = 1.0
#: How many wrong keys may wait for their answer; more are refused at once.
MAX_WAITING: Final = 256
#: How many addresses are remembered, the most recent ones.
MAX_ADDRESSES: Final = 4_096


class LoginThrottle:
    """Allows ``burst`` wrong keys from an address at once, and ``per_minute`` in the long run."""

    def __init__(self, burst: int, per_minute: float) -> None:
        self._burst = burst
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._waiting = 0

    async def record_failure(self, address: str | None) -> bool:
        """Count a wrong key and wait. False, at once: too many."""
        key = limit_key(address or "")
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_minute, 60.0, self._burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        if not bucket.take(asyncio.get_running_loop().time()):
            bucket.overdraw()
            return False
        if self._waiting >= MAX_WAITING:
            return False
        self._waiting += 1
        try:
            await asyncio.sleep(DELAY_S)
        finally:
            self._waiting -= 1
        return True

    @property
    def retry_after_s(self) -> int:
        return max(1, round(60 / self._per_minute))

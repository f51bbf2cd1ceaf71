"""Budgets of messages, bytes, answers and connects. They outlive connections, so reconnecting gains nothing.

Each connection has a budget of its own. What it has spent when it ends is not forgotten: the next connection of the
same key, or without a key of the same address, takes the budget over. All connections of a key or address also share
one. While that is used up, connections that have spent more than half of their own are refused; those that send little
are not affected by others behind the same address.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from math import ceil
from typing import Final

from ticker.auth.identity import ANYONE, Identity
from ticker.server.core.address import is_loopback, limit_key
from ticker.server.core.responses import HttpError
from ticker.token_bucket import TokenBucket
from ticker.wire.limits import Limits

#: A message or an answer costs one more token for each of these: a large one takes as long as several small ones.
BYTES_PER_TOKEN: Final = 4_096
#: How many keys and addresses without a connection are remembered, the most recent ones. One takes up to 4 KiB.
MAX_REMEMBERED: Final = 10_000
#: How many budgets of ended connections a key or address keeps, the most depleted ones. More can't be depleted: that
#: takes as many tokens as they share.
MAX_LEFT_BEHIND: Final = 32
#: A refused client is told to wait until it has this part of a full budget.
_USEFUL: Final = 0.1
#: How many are checked per ``forget_refilled``.
_CHECKED: Final = 1_000

Key = tuple[str, str]


class SharedBudget:
    """What all connections and HTTP requests of a key or an address share."""

    __slots__ = ("connections", "connects", "key", "left_behind", "messages")

    def __init__(self, key: Key, messages: TokenBucket, connects: TokenBucket) -> None:
        self.key = key
        self.messages = messages
        self.connects = connects
        #: Budgets of connections that have ended.
        self.left_behind: list[TokenBucket] = []
        self.connections = 0

    def refilled(self, now_s: float) -> bool:
        """Whether forgetting it makes no difference."""
        buckets = [self.messages, self.connects, *self.left_behind]
        return all(bucket.left(now_s) >= bucket.capacity for bucket in buckets)


class Budget:
    """The budget of one connection."""

    __slots__ = ("bucket", "shared")

    def __init__(self, bucket: TokenBucket, shared: SharedBudget) -> None:
        self.bucket = bucket
        self.shared = shared

    def take(self, now_s: float, cost: float) -> bool:
        """Pay for a message. False: it must be refused."""
        bucket = self.bucket
        if not bucket.take(now_s, cost):
            return False
        if self.shared.messages.take(now_s, cost):
            return True
        return bucket.left(now_s) + cost >= bucket.capacity / 2

    def overdraw(self) -> bool:
        """Note that a message was refused. False: the client must be closed."""
        return self.bucket.overdraw()

    def spend(self, now_s: float, cost: float) -> None:
        """Pay for an answer."""
        self.bucket.spend(now_s, cost)
        self.shared.messages.spend(now_s, cost)


class Budgets:
    """The budgets of all keys and addresses. Times are in seconds of any clock that is not set back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._connected: dict[Key, SharedBudget] = {}
        #: Those without a connection, the least recently used first.
        self._remembered: OrderedDict[Key, SharedBudget] = OrderedDict()

    def __len__(self) -> int:
        """How many keys and addresses are known."""
        return len(self._connected) + len(self._remembered)

    def connect(self, now_s: float, address: str | None, identity: Identity = ANYONE) -> Budget:
        """The budget of a new connection. Raises ``HttpError`` (429) if its key or address has used up its own."""
        limits, shared = self._limits, self._find(address, identity)
        is_local = address is None or is_loopback(address)
        if not is_local and not shared.connects.take(now_s):
            text = f"your {shared.key[0]} may connect {limits.connects_per_minute} times per minute"
            raise _over_budget(text, shared.connects.wait(now_s, 1.0))
        if shared.left_behind:
            bucket = max(shared.left_behind, key=lambda each: each.left(now_s))
            if bucket.left(now_s) < 1:
                text = f"earlier connections of your {shared.key[0]} have used up the budget of messages"
                raise _over_budget(text, bucket.wait(now_s, max(1.0, bucket.capacity * _USEFUL)))
            shared.left_behind.remove(bucket)
        else:
            bucket = TokenBucket(limits.messages_per_second, 1.0, limits.messages_at_once)
            if shared.messages.left(now_s) < 1:
                bucket.spend(now_s, bucket.capacity / 2)
        shared.connections += 1
        self._connected[shared.key] = shared
        self._remembered.pop(shared.key, None)
        return Budget(bucket, shared)

    def disconnect(self, now_s: float, budget: Budget) -> None:
        """A connection has ended. Called once for each ``connect``."""
        shared, bucket = budget.shared, budget.bucket
        if bucket.left(now_s) < bucket.capacity:
            shared.left_behind.append(bucket)
            if len(shared.left_behind) > MAX_LEFT_BEHIND:
                shared.left_behind.remove(max(shared.left_behind, key=lambda each: each.left(now_s)))
        shared.connections -= 1
        if not shared.connections:
            del self._connected[shared.key]
            self._remember(shared)

    def request(self, now_s: float, address: str | None, identity: Identity, cost: float) -> SharedBudget:
        """Pay for an HTTP request. Raises ``HttpError`` (429) if its key or address has used up its budget."""
        shared = self._find(address, identity)
        if not shared.connections:
            self._remember(shared)
        if not shared.messages.take(now_s, cost):
            text = f"your {shared.key[0]} has used up its budget of messages and requests"
            raise _over_budget(text, shared.messages.wait(now_s, 1.0))
        return shared

    def forget_refilled(self, now_s: float) -> None:
        """Forget the keys and addresses without a connection whose budgets are full again. Called every few seconds."""
        for key, shared in list(islice(self._remembered.items(), _CHECKED)):
            if shared.refilled(now_s):
                del self._remembered[key]
            else:
                self._remembered.move_to_end(key)

    def _remember(self, shared: SharedBudget) -> None:
        self._remembered[shared.key] = shared
        self._remembered.move_to_end(shared.key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _find(self, address: str | None, identity: Identity) -> SharedBudget:
        key = ("key", identity.owner) if identity.name else ("address", limit_key(address or ""))
        shared = self._connected.get(key) or self._remembered.get(key)
        if shared is not None:
            return shared
        limits = self._limits
        # A client that may have this many connections may also lose all of them at once.
        kept = limits.connections_per_key if identity.name else limits.connections_per_address
        connects = TokenBucket(limits.connects_per_minute, 60.0, identity.may.connections or kept)
        each_second = max(limits.total_per_second, limits.messages_per_second)
        messages = TokenBucket(each_second, 1.0, max(10 * each_second, limits.messages_at_once))
        return SharedBudget(key, messages, connects)


def _over_budget(text: str, wait_s: float) -> HttpError:
    wait_s = max(1, ceil(wait_s))
    return HttpError(429, "over-budget", f"{text}; try again in {wait_s} s", {"Retry-After": str(wait_s)})

"""Wrong keys are answered late, and only a few of each address."""

from __future__ import annotations

import asyncio

import pytest

from ticker.server.middleware import login_throttle
from ticker.server.middleware.login_throttle import LoginThrottle


async def test_wrong_keys_of_an_address_are_answered_late_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other addresses are not affected. An IPv6 /64 counts as one address."""
    monkeypatch.setattr(login_throttle, "DELAY_S", 0.05)
    throttle = LoginThrottle(2, 60)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    answers = await asyncio.gather(*(throttle.record_failure("203.0.113.7") for _ in range(4)))
    assert answers == [True, True, False, False]
    assert loop.time() - began_s >= 0.05
    assert await throttle.record_failure("203.0.113.8")
    assert throttle.retry_after_s == 1
    addresses = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1")
    assert await asyncio.gather(*map(throttle.record_failure, addresses)) == [True, True, False, True]

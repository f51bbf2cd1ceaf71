"""Log lines about lost ticks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ticker.client.loss_log import LossLog
from ticker.client.protocol.bounded_queue import BoundedQueue


def queue() -> BoundedQueue[Any]:
    return BoundedQueue("trades", 1)


async def test_the_first_loss_is_logged_at_once_and_later_ones_together(caplog: pytest.LogCaptureFixture) -> None:
    """Losses within the interval are logged in one line at its end, with their own counts."""
    counts = queue()
    losses = LossLog("test", counts, interval_s=0.02)
    losses.check()
    assert not caplog.messages
    counts.count("AAPL", 3)
    losses.check()
    assert caplog.messages == ["test: 3 trades were lost: AAPL 3"]
    counts.count("MSFT", 1_000)
    for _ in range(3):
        counts.count("AAPL", 1)
        losses.check()
    assert len(caplog.messages) == 1
    async with asyncio.timeout(60):
        while len(caplog.messages) < 2:
            await asyncio.sleep(0.005)
    assert caplog.messages[1] == "test: 1,003 trades were lost: MSFT 1,000, AAPL 3"
    losses.close()
    assert len(caplog.messages) == 2


async def test_closing_logs_the_remaining_losses(caplog: pytest.LogCaptureFixture) -> None:
    """A line names the five symbols with the most losses."""
    counts = queue()
    losses = LossLog("test", counts)
    counts.count("A", 1)
    losses.check()
    for number, name in enumerate("ABCDEFG"):
        counts.count(name, number if number == 0 else number + 1)
    losses.check()
    losses.close()
    assert caplog.messages[1] == "test: 27 trades were lost: G 7, F 6, E 5, D 4, C 3 and 1 more symbols"

"""Log lines about lost ticks: never none, never many."""

from __future__ import annotations

import asyncio

import pytest

from ticker.client.loss_log import LossLog


class Counts:
    """Something that loses ticks."""

    channel = "trades"

    def __init__(self) -> None:
        self.lost: dict[str, int] = {}

    @property
    def lost_in_all(self) -> int:
        return sum(self.lost.values())


async def test_the_first_loss_is_told_at_once_and_the_rest_together(caplog: pytest.LogCaptureFixture) -> None:
    """One line now; what is lost within the interval comes in one line at its end, with its own numbers."""
    counts = Counts()
    losses = LossLog("test", counts, interval_s=0.02)
    losses.check()
    assert not caplog.messages
    counts.lost = {"AAPL": 3}
    losses.check()
    assert caplog.messages == ["test: 3 trades were lost: AAPL 3"]
    for lost in (4, 5, 6):
        counts.lost = {"AAPL": lost, "MSFT": 1_000}
        losses.check()
    assert len(caplog.messages) == 1
    async with asyncio.timeout(5):
        while len(caplog.messages) < 2:
            await asyncio.sleep(0.005)
    assert caplog.messages[1] == "test: 1,003 trades were lost: MSFT 1,000, AAPL 3"
    losses.close()
    assert len(caplog.messages) == 2


async def test_closing_tells_what_was_not_told_yet(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that was lost goes without a line; many symbols are summed up."""
    counts = Counts()
    losses = LossLog("test", counts)
    counts.lost = {"A": 1}
    losses.check()
    counts.lost = {name: number for number, name in enumerate("ABCDEFG", 1)}
    losses.check()
    losses.close()
    assert caplog.messages[1] == "test: 27 trades were lost: G 7, F 6, E 5, D 4, C 3 and 1 symbols more"

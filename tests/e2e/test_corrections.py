"""Conditions, late trades and corrections, from a feed to the Python client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.client.transports.dialer import TransportName
from ticker.conditions import ConditionTable, Updates
from ticker.model import Corrections, TickBatch, Trades, Watermark
from ticker.server import Service

#: 2024-01-03 14:30 UTC, the start of a minute.
START = 1_704_292_200 * 10**9
SECOND = 10**9


class Tape:
    """A feed whose trades have conditions and ids."""

    def __init__(self) -> None:
        self.feed = ScriptedFeed(("AAPL", "MSFT"))
        self._conditions = ConditionTable()
        self._odd_lot = self._conditions.code(("@", "I"), Updates.VOLUME)

    def trade(self, second: float, price: float, id_: int, *, odd: bool = False) -> None:
        columns = np.array([0], np.int32), np.array([START + int(second * SECOND)]), np.array([price]), np.array([10.0])
        details = np.array([self._odd_lot if odd else 0], np.int32), np.array([id_])
        self.feed.put(TickBatch(self.feed.table, Trades(*columns, *details), conditions=self._conditions))

    def correct(self, second: float, id_: int, price: float = float("nan"), size: float = float("nan")) -> None:
        """Without a price: cancel."""
        columns = np.array([0], np.int32), np.array([id_]), np.array([START + int(second * SECOND)])
        self.feed.put(Corrections(self.feed.table, *columns, np.array([price]), np.array([size])))

    def mark(self, second: float) -> None:
        self.feed.put(Watermark(START + int(second * SECOND)))


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Tape, Service]]:
    tape = Tape()
    async with serving(tape.feed) as service:
        yield tape, service


async def take(stream: ticker.Stream, count: int) -> list[ticker.Trade]:
    found = []
    async with asyncio.timeout(60):
        async for trade in stream.trades():
            found.append(trade)
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_the_client_gets_conditions_ids_and_changes(transport: TransportName, encoding: str) -> None:
    """A late trade is marked. A cancelled trade has the values that it had, a corrected one the right ones."""
    async with served() as (tape, service):
        options = {"channel": "trades", "transport": transport, "encoding": encoding}
        async with ticker.connect(service.url, ["AAPL"], **options) as stream:  # type: ignore[arg-type]
            tape.trade(1, 184.5, 1)
            tape.trade(3, 185.5, 2, odd=True)
            tape.trade(2, 184.0, 3)
            tape.correct(4, 1)
            tape.correct(5, 2, 185.25, 7.0)
            found = await take(stream, 5)
            frame = stream.trades_frame()
    told = [((trade.ts - START) / SECOND, trade.price, trade.size, trade.id, trade.change) for trade in found]
    assert told == [
        (1, 184.5, 10, 1, None),
        (3, 185.5, 10, 2, None),
        (2, 184.0, 10, 3, "late"),
        (1, 184.5, 10, 1, "cancel"),
        (3, 185.25, 7, 2, "correct"),
    ]
    assert [trade.conditions for trade in found][:3] == [(), ("@", "I"), ()]
    assert frame["change"].isna().to_list() == [True, True, False, False, False]
    assert frame["conditions"].to_list()[:3] == ["", "@ I", ""]


async def test_a_reconnect_asks_for_revisions_again() -> None:
    """After a resync the rows still have their changes."""
    async with served() as (tape, service):
        async with ticker.connect(service.url, ["AAPL"], channel="trades") as stream:
            tape.trade(1, 184.5, 1)
            assert [trade.change for trade in await take(stream, 1)] == [None]
            for connection in [*service.registry.open]:
                connection.abort("the test cuts it")
            tape.correct(2, 1)
            assert [trade.change for trade in await take(stream, 1)] == ["cancel"]


async def test_bars_have_their_revision_and_any_interval() -> None:
    """A minute that closed is revised by a late trade; so is the bar of an interval that is folded on request."""
    async with served() as (tape, service):
        async with ticker.connect(service.url, ["AAPL"]) as stream:
            tape.trade(10, 184.5, 1)
            tape.trade(65, 185.0, 2)
            tape.mark(66)
            tape.trade(50, 183.0, 3)
            tape.mark(67)
            async with asyncio.timeout(60):
                while (bars := await stream.bars("AAPL"))["revision"].sum() < 1:
                    await asyncio.sleep(0.01)
            assert bars["low"].to_list() == [183.0, 185.0]
            assert bars["revision"].to_list() == [1, 0]
            assert bars["closed"].to_list() == [True, False]
            for interval, lows in (("30s", [184.5, 183.0, 185.0]), ("2m", [183.0]), ("1w", [183.0]), ("1M", [183.0])):
                assert (await stream.bars("AAPL", interval))["low"].to_list() == lows, interval


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        ("7m", "does not divide a day"),
        ("60s", "is written 1m"),
        ("2d", "there are 1d, 1w and 1M"),
        ("x", "no interval"),
    ],
)
async def test_an_invalid_interval_is_refused_with_the_servers_words(interval: str, reason: str) -> None:
    async with served() as (tape, service):
        tape.trade(1, 184.5, 1)
        async with ticker.connect(service.url, ["AAPL"]) as stream:
            with pytest.raises(ticker.RefusedError, match=reason):
                await stream.bars("AAPL", interval)

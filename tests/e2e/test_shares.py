"""Many connections of one address against a real server: what others need stays free."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.serving import ScriptedFeed, serving
from ticker.server import Service, Settings
from ticker.wire.limits import Limits

EVIL, GOOD = "198.51.100.7", "192.0.2.1"
#: The test's connections say whose they are, as a proxy does.
SETTINGS = Settings(port=0, proxies=(ipaddress.ip_network("127.0.0.1"),))


@asynccontextmanager
async def connected(service: Service, address: str) -> AsyncIterator[Client]:
    headers = {"X-Forwarded-For": address}
    async with aiohttp.ClientSession() as http, http.ws_connect(service.url + "/v1/stream", headers=headers) as ws:
        client = Client(ws)
        await client.until("welcome")
        yield client


class Client:
    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws

    async def until(self, *kinds: str) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = await self._ws.receive_json(timeout=60)
            if message["type"] in kinds:
                return message

    async def op(self, op: str, kind: str, **more: Any) -> dict[str, Any]:
        """Send a message; return the answer or the error."""
        await self._ws.send_json({"op": op, **more})
        return await self.until(kind, "error")


async def set_alerts(client: Client, name: str) -> int:
    """Set as many alerts as a connection may, with 8 owners. Returns how many were set."""
    done = 0
    for owner in range(8):
        for id_ in range(5):
            answer = await client.op(
                "alert", "alerts", id=id_, symbol="AAPL", when="last >= 1e9", owner=f"{name} {owner}"
            )
            done += answer["type"] == "alerts"
    return done


@pytest.mark.parametrize("restart", [False, True])
async def test_many_connections_of_an_address_leave_alerts_to_others(tmp_path: Path, restart: bool) -> None:
    """34 connections could fill a server for good. IPv6 addresses count by their /64."""
    limits = Limits(alerts=5, alerts_per_address=50)
    settings = Settings(port=0, proxies=SETTINGS.proxies, limits=limits, state=tmp_path)
    async with serving(ScriptedFeed(), settings) as service:
        for attempt in range(4):
            async with connected(service, f"2001:db8:1:2::{attempt + 1}") as evil:
                assert await set_alerts(evil, f"evil {attempt}") == (40, 10, 0, 0)[attempt]
        if not restart:
            async with connected(service, GOOD) as good:
                assert await set_alerts(good, "good") == 40
    if restart:
        async with serving(ScriptedFeed(), settings) as service:
            assert service.op_handlers.alerts.count == 50
            async with connected(service, "2001:db8:1:2:ffff::1") as evil, connected(service, GOOD) as good:
                assert await set_alerts(evil, "evil again") == 0
                assert await set_alerts(good, "good") == 40


async def test_many_connections_of_an_address_leave_rooms_to_others() -> None:
    """60 connections could take all of them."""
    async with serving(ScriptedFeed(), SETTINGS) as service:
        async with connected(service, GOOD) as good:
            assert (await good.op("join", "joined", room="desk", name="Ann"))["type"] == "joined"
            assert (await good.op("say", "said", room="desk", text="the levels for tomorrow"))["type"] == "said"

        async def flood(number: int) -> int:
            async with connected(service, EVIL) as evil:
                answers = [
                    await evil.op("join", "joined", room=f"evil {number} {room}", name="Eve") for room in range(20)
                ]
                await arrived.wait()
                return sum(answer["type"] == "joined" for answer in answers)

        arrived = asyncio.Barrier(10)
        assert sum(await asyncio.gather(*map(flood, range(10)))) == Limits().rooms_per_address
        async with connected(service, "192.0.2.2") as other:
            assert (await other.op("join", "joined", room="new", name="Bob"))["type"] == "joined"
            assert (await other.op("join", "joined", room="desk", name="Bob"))["seq"] == 1


async def test_localhost_has_no_share() -> None:
    """A script of this machine may set more alerts than an address."""
    settings = Settings(port=0, limits=Limits(alerts=5, alerts_per_address=2))
    async with serving(ScriptedFeed(), settings) as service, aiohttp.ClientSession() as http:
        async with http.ws_connect(service.url + "/v1/stream") as ws:
            assert await set_alerts(Client(ws), "local") == 40

"""A server that has reached its memory limit."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec
import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Settings
from ticker.server.connections import registry
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


async def test_new_clients_and_large_responses_are_refused_until_memory_is_released(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On every transport. Connected clients stay, and /healthz reports it."""
    used = 0
    monkeypatch.setattr(registry, "resident_bytes", lambda: used)
    monkeypatch.setattr(registry, "SWEEP_S", 0.05)
    limits = msgspec.structs.replace(Limits(), memory_bytes=1_000)
    feed = ScriptedFeed()
    async with (
        serving(feed, Settings(port=0, limits=limits)) as service,
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
        ticker.connect(service.url, ["AAPL"], rate=0) as stream,
    ):

        async def health_problems(status: str) -> list[str]:
            """The server's problems, once /healthz has this status."""
            while True:
                async with http.get(service.url + "/healthz") as response:
                    health = await response.json()
                if health["status"] == status:
                    return list(health["problems"])
                await asyncio.sleep(0.02)

        assert await health_problems("ok") == []
        used = 1_001
        assert "memory" in (await health_problems("degraded"))[0]
        # Responses that may be large, and left unread, are refused as well.
        large = ("/v1/snapshot?symbols=*", "/v1/bars/AAPL")
        for path in ("/v1/events?symbols=AAPL", "/v1/poll?symbols=AAPL", *large):
            async with http.get(service.url + path) as response:
                assert (response.status, (await response.json())["code"]) == (503, "no-memory")
                assert int(response.headers["Retry-After"]) > 0
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect(service.url + "/v1/stream")
        feed.tick([(0, TS, 1.5, 1.0)])
        assert (await anext(aiter(stream))).last == 1.5
        used = 1_000
        assert await health_problems("ok") == []
        async with http.ws_connect(service.url + "/v1/stream") as other:
            assert (await other.receive_json())["type"] == "welcome"
        assert stream.reconnects == 0

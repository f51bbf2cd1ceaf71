"""The service as an aiohttp application in another server."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import WSMsgType, web
from pytest_aiohttp.plugin import AiohttpClient

from tests.support.serving import ScriptedFeed
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.server import Service, Settings

TS = 1_700_000_000_000_000_000


@pytest.fixture
def feed() -> ScriptedFeed:
    return ScriptedFeed()


@pytest.fixture
def service(feed: ScriptedFeed) -> Service:
    return Service(feed, "scripted", Settings(port=0, heartbeat_s=1.0))


async def test_the_application_serves_stream_and_http(
    feed: ScriptedFeed, service: Service, aiohttp_client: AiohttpClient
) -> None:
    """The server's shutdown closes clients with 1012."""
    client = await aiohttp_client(service.application())
    async with client.ws_connect("/v1/stream", protocols=["ticker.v1.json"]) as stream:
        assert (await stream.receive_json())["epoch"] == service.hub.board.epoch
        await stream.send_json({"op": "subscribe", "symbols": ["AAPL"], "rate": 0})
        assert (await stream.receive_json())["type"] == "subscribed"
        assert (await stream.receive_json())["data"] == {}
        feed.tick([(0, TS, 2.5, 1.0)])
        assert (await stream.receive_json())["data"]["AAPL"]["last"] == 2.5
        snapshot = await (await client.get("/v1/snapshot", params={"symbols": "AAPL"})).json()
        assert snapshot["data"]["AAPL"]["last"] == 2.5
        assert (await (await client.get("/healthz")).json())["clients"] == 1
        await client.server.close()
        assert (await stream.receive_json())["type"] == "notice"
        closed = await stream.receive()
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1012)
    assert not service.hub.sessions


async def test_the_application_can_be_mounted_in_another(service: Service, aiohttp_client: AiohttpClient) -> None:
    """Under a prefix."""
    outer = web.Application()
    outer.add_subapp("/prices", service.application())
    client = await aiohttp_client(outer)
    assert (await (await client.get("/prices/v1/symbols")).json())["symbols"] == ["AAPL", "MSFT", "GOOG"]
    async with client.ws_connect("/prices/v1/stream") as stream:
        assert (await stream.receive_json())["type"] == "welcome"


async def test_public_routes_stay_public_in_a_mounted_application(
    feed: ScriptedFeed, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    with editing(tmp_path / "keys.json") as keys:
        add(keys, "desk", Entitlements())
    outer = web.Application()
    outer.add_subapp("/prices", Service(feed, "scripted", Settings(keys=tmp_path / "keys.json")).application())
    client = await aiohttp_client(outer)
    for path, status in (("/healthz", 200), ("/v1/session", 200), ("/v1/symbols", 401), ("/metrics", 401)):
        async with client.get("/prices" + path) as response:
            assert (response.status, response.headers["Server"]) == (status, "ticker")

"""Limits over real sockets, and what happens to clients that exceed them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import socket
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from tests.support.buckets import stop_refills
from tests.support.frames import RawClient, handshake, raw_client, sent
from tests.support.loop_clock import LoopClock
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Service, Settings
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
PING = sent(1, b'{"op":"ping","id":1}')


@pytest.fixture(autouse=True)
def _no_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed per second does not depend on the machine."""
    stop_refills(monkeypatch)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def settings(**limits: int) -> Settings:
    return Settings(port=0, limits=msgspec.structs.replace(Limits(), **limits))


async def welcomed(client: RawClient) -> dict[str, object]:
    client.send(handshake())
    assert (await client.head())[0] == 101
    welcome: dict[str, object] = json.loads((await client.frame())[1])
    assert welcome["type"] == "welcome"
    return welcome


async def wait_until_empty(service: Service) -> None:
    async with asyncio.timeout(60):
        while service.hub.sessions:
            await asyncio.sleep(0.01)


async def test_the_rate_of_messages_is_limited() -> None:
    """After the burst each message gets an error, then the connection is closed. Other clients are not affected."""
    async with serving(ScriptedFeed(), settings(messages_per_second=1, messages_at_once=5)) as service:
        async with raw_client(service.port) as client, raw_client(service.port) as other:
            await welcomed(other)
            limits = (await welcomed(client))["limits"]
            assert isinstance(limits, dict)
            assert (limits["messages_per_second"], limits["messages_at_once"]) == (1, 5)
            client.send(PING * 12)
            answers = [json.loads((await client.frame())[1]) for _ in range(9)]
            assert [answer["type"] for answer in answers] == ["pong"] * 5 + ["error"] * 4
            assert answers[-1]["code"] == "too-many-messages"
            assert "at most 1 " in answers[-1]["message"]
            assert await client.closed() == 4429
            other.send(PING)
            assert b"pong" in (await other.frame())[1]


async def test_websocket_pings_count_towards_the_rate() -> None:
    async with serving(ScriptedFeed(), settings(messages_per_second=1, messages_at_once=5)) as service:
        async with raw_client(service.port) as client:
            await welcomed(client)
            client.send(sent(9, b"!") * 12)
            assert [await client.frame() for _ in range(5)] == [(10, b"!")] * 5
            assert await client.closed() == 4429


async def test_the_number_of_connections_is_limited(http: aiohttp.ClientSession) -> None:
    """More get 503 with Retry-After until a client leaves. Connected clients stay."""
    async with serving(ScriptedFeed(), settings(connections=2)) as service:
        async with raw_client(service.port) as one, raw_client(service.port) as two:
            await welcomed(one)
            await welcomed(two)
            async with http.get(service.url + "/healthz") as response:
                assert response.status == 200
            async with raw_client(service.port) as three:
                three.send(handshake())
                status, headers = await three.head()
                assert (status, headers["retry-after"]) == (503, "5")
            one.send(PING)
            assert b"pong" in (await one.frame())[1]
        await wait_until_empty(service)
        async with raw_client(service.port) as four:
            await welcomed(four)


async def test_a_failed_upgrade_does_not_count_as_a_connection() -> None:
    async with serving(ScriptedFeed(), settings(connections=1)) as service:
        for _ in range(3):
            async with raw_client(service.port) as client:
                client.send(handshake(Sec_WebSocket_Version="8"))
                assert (await client.head())[0] == 426
        async with raw_client(service.port) as client:
            await welcomed(client)


async def test_an_idle_client_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    clock = LoopClock()
    with caplog.at_level(logging.INFO, logger="ticker.server"):
        async with serving(ScriptedFeed(), settings(idle_seconds=100)) as service:
            async with raw_client(service.port) as watching:
                await welcomed(watching)
                watching.send(sent(1, b'{"op":"subscribe","symbols":["AAPL"]}'))
                assert b"subscribed" in (await watching.frame())[1]
                async with raw_client(service.port) as idle:
                    await welcomed(idle)
                    clock.skip(101)
                    assert await idle.closed() == 4409
                    idle.send(sent(8, b"\x11\x39"))
                    assert await idle.ended()
                async with asyncio.timeout(60):
                    while len(service.hub.sessions) > 1:
                        await asyncio.sleep(0)
                watching.send(PING)
                while b"pong" not in (await watching.frame())[1]:
                    pass
    assert any("closed by the server with 4409 (idle)" in line for line in caplog.messages)


async def test_a_client_that_stopped_reading_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    """After `slow_seconds`. Until then it is skipped, and other clients get their updates."""
    names = tuple(f"SYMBOL-{number}" for number in range(500))
    feed = ScriptedFeed(names)
    with caplog.at_level(logging.INFO, logger="ticker.server"):
        async with serving(feed, settings(slow_seconds=1)) as service, raw_client(service.port) as reader:
            await welcomed(reader)
            reader.send(sent(1, b'{"op":"subscribe","symbols":["SYMBOL-0"],"rate":0}'))
            with socket.create_connection(("127.0.0.1", service.port)) as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(slow, handshake() + sent(1, b'{"op":"subscribe","symbols":["*"],"rate":0}'))
                async with asyncio.timeout(60):
                    while len(service.hub.sessions) < 2:
                        await asyncio.sleep(0)
                rounds = 0
                async with asyncio.timeout(60):
                    while len(service.hub.sessions) > 1:
                        rounds += 1
                        feed.tick([(code, TS + rounds, 1.0 + rounds, 1.0) for code in range(500)])
                        while b'"last":%d,' % (1 + rounds) not in (await reader.frame())[1]:
                            pass
    assert any("closed by the server with 4408 (too slow)" in line for line in caplog.messages)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        ("https://known.example", 101),
        (["https://known.example", "https://evil.example"], 403),
    ],
)
async def test_upgrades_by_pages_of_other_sites_are_refused(origin: str | list[str], status: int) -> None:
    allowed = Settings(port=0, allowed_origins=frozenset({"https://known.example"}))
    async with serving(ScriptedFeed(), allowed) as service, raw_client(service.port) as client:
        client.send(handshake(Origin=origin))
        assert (await client.head())[0] == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example:{}", 403), ("known.example:{}", 101), ("127.0.0.1:{}", 101), ("[::1]:{}", 101), ("LocalHost", 101)],
)
async def test_dns_rebinding_is_refused(host: str, status: int) -> None:
    """To a browser the pages are the server's own. Without authentication the `Host` header tells them apart."""
    allowed = Settings(port=0, allowed_origins=frozenset({"http://known.example"}))
    async with serving(ScriptedFeed(), allowed) as service:
        called = host.format(service.port)
        async with raw_client(service.port) as client:
            client.send(handshake(Host=called, Origin=f"http://{called}"))
            assert (await client.head())[0] == status
        # Such a page reads without an `Origin` header, like the server's own.
        async with raw_client(service.port) as client:
            client.send(handshake(path="/v1/clients", drop=("Upgrade", "Connection"), Host=called))
            assert (await client.head())[0] == (200 if status == 101 else status)


async def test_requests_of_other_sites_that_change_something_are_refused(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as service:
        evil, own = {"Origin": "https://evil.example"}, {"Origin": service.url}
        for headers, status in ((evil, 403), (own, 404), ({}, 404)):
            async with http.post(service.url + "/v1/replay", json={"action": "pause"}, headers=headers) as response:
                assert response.status == status
        # Reading is allowed: a browser doesn't show the response to such a page.
        async with http.get(service.url + "/healthz", headers=evil) as response:
            assert response.status == 200


async def test_an_unfinished_request_is_closed() -> None:
    """Without any bytes, after half a head, or with a head that comes byte by byte."""
    async with serving(ScriptedFeed(), settings(handshake_seconds=1)) as service:

        async def trickle(client: RawClient) -> None:
            while True:
                client.send(b"x")
                await asyncio.sleep(0.02)

        async with raw_client(service.port) as mute, raw_client(service.port) as half, raw_client(service.port) as slow:
            half.send(handshake()[:40])
            slow.send(b"GET / HTTP/1.1\r\nX: ")
            trickling = asyncio.create_task(trickle(slow))
            assert [await client.ended() for client in (mute, half, slow)] == [True] * 3
            trickling.cancel()


@pytest.mark.parametrize("turns", range(5))
async def test_a_connection_that_is_accepted_while_the_server_stops_is_closed(turns: int) -> None:
    """Whatever has happened of it until then. One that is dropped without a close leaves a ResourceWarning."""
    async with serving(ScriptedFeed()) as service:
        with socket.create_connection(("127.0.0.1", service.port)) as client:
            for _ in range(turns):
                await asyncio.sleep(0)
            await service.stop()
            gc.collect()
            client.settimeout(10)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""

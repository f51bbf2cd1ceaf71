"""WebSocket over real sockets: handshake, close, and what RFC 6455 forbids a client."""

from __future__ import annotations

import asyncio
import json
import logging

import aiohttp
import pytest

from tests.support.frames import ACCEPT, KEY, RawClient, handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving
from tests.unit.server.websocket.test_frames import FORBIDDEN
from ticker.server import Service, Settings

SUBSCRIBE = json.dumps({"op": "subscribe", "symbols": ["AAPL"], "rate": 0}).encode()


async def wait_until_empty(service: Service) -> None:
    """Wait until the server has no clients."""
    async with asyncio.timeout(60):
        while service.hub.sessions:
            await asyncio.sleep(0)


async def connected(client: RawClient) -> None:
    client.send(handshake())
    status, _ = await client.head()
    assert status == 101
    opcode, welcome = await client.frame()
    assert opcode in (1, 2)
    assert b"welcome" in welcome


async def test_a_handshake_is_answered() -> None:
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        client.send(handshake(Sec_WebSocket_Protocol="other, ticker.v1.msgpack", Connection="keep-alive, Upgrade"))
        status, headers = await client.head()
        assert status == 101
        assert headers["sec-websocket-accept"] == ACCEPT
        assert headers["sec-websocket-protocol"] == "ticker.v1.msgpack"
        assert headers["upgrade"] == "websocket"
        assert (await client.frame())[0] == 2


async def test_frames_sent_with_the_handshake_are_read() -> None:
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        client.send(handshake(), sent(1, SUBSCRIBE), sent(9, b"early"))
        assert (await client.head())[0] == 101
        assert b"welcome" in (await client.frame())[1]
        assert b"subscribed" in (await client.frame())[1]
        assert await client.until(10) == b"early"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (handshake(Upgrade="h2c"), 426),
        (handshake(drop=("Upgrade",)), 426),
        (handshake(Connection="keep-alive"), 426),
        (handshake(version="1.0"), 400),
        (handshake(Sec_WebSocket_Version="8"), 426),
        (handshake(Sec_WebSocket_Version=["13", "8"]), 426),
        (handshake(drop=("Sec-WebSocket-Version",)), 426),
        (handshake(drop=("Sec-WebSocket-Key",)), 400),
        (handshake(Sec_WebSocket_Key=[KEY, KEY]), 400),
        (handshake(Sec_WebSocket_Key="short"), 400),
        (handshake(Sec_WebSocket_Key="!" * 24), 400),
        (handshake(Content_Length="3") + b"abc", 400),
        (handshake().replace(b"GET", b"HEAD"), 405),
        (handshake(path="/v1/events?symbols=AAPL").replace(b"GET", b"HEAD"), 405),
        (handshake(path="/v1/poll?symbols=AAPL").replace(b"GET", b"HEAD"), 405),
    ],
)
async def test_an_invalid_handshake_is_refused(request_bytes: bytes, status: int) -> None:
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        client.send(request_bytes)
        found, headers = await client.head()
        assert found == status
        assert "sec-websocket-accept" not in headers
        if b"13" not in request_bytes or b"8\r\n" in request_bytes:
            assert headers.get("sec-websocket-version") == "13"
        assert not service.hub.sessions


@pytest.mark.parametrize(("wire", "code"), FORBIDDEN.values(), ids=FORBIDDEN)
async def test_a_forbidden_frame_closes_the_connection(wire: bytes, code: int) -> None:
    """With the RFC's code and a reason, after messages before it are answered."""
    async with serving(ScriptedFeed()) as service:
        async with raw_client(service.port) as client:
            await connected(client)
            client.send(sent(1, SUBSCRIBE), wire)
            assert b"subscribed" in (await client.frame())[1]
            payload = await client.until(8)
            assert int.from_bytes(payload[:2], "big") == code
            assert len(payload) > 2
            client.send(sent(8, payload[:2]))
            assert await client.ended()
        await wait_until_empty(service)


async def test_a_close_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ticker.server"):
        async with serving(ScriptedFeed()) as service:
            for payload, code in ((b"\x0f\xa0bye", 4000), (b"", 1005)):
                async with raw_client(service.port) as client:
                    await connected(client)
                    client.send(sent(8, payload))
                    assert await client.closed() == code
                    assert await client.ended()
                await wait_until_empty(service)
    assert [f"closed with {code};" in caplog.messages[place] for place, code in ((1, 4000), (3, 1005))] == [True, True]


async def test_a_client_that_does_not_answer_a_close_is_disconnected() -> None:
    """Whatever it sends instead; its messages are ignored."""
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        await connected(client)
        session = next(iter(service.hub.sessions))
        client.send(bytes((0x81, 0)))
        assert await client.closed() == 1002
        client.send(sent(1, SUBSCRIBE), sent(9, b"still here"))
        assert await client.ended()
        assert not session.ticker.names
        await wait_until_empty(service)


async def test_a_half_closed_connection_is_closed() -> None:
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        await connected(client)
        client.writer.write_eof()
        assert await client.ended()
        await wait_until_empty(service)


async def test_nothing_is_left_of_a_client() -> None:
    """No connection of aiohttp's, task or session, however the connection ends."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        tasks = len(asyncio.all_tasks())
        for _ in range(20):
            async with raw_client(service.port) as client:
                await connected(client)
                # A task of the client before may be in its last turn.
                async with asyncio.timeout(60):
                    while len(asyncio.all_tasks()) != tasks:
                        await asyncio.sleep(0)
            async with http.ws_connect(service.url + "/v1/stream") as stream:
                await stream.receive()
        await wait_until_empty(service)
        assert not service.registry.open
        assert service._runner is not None
        assert service._runner.server is not None
        assert not service._runner.server.connections


async def test_stopping_does_not_wait_for_clients_that_do_not_answer() -> None:
    async with serving(ScriptedFeed(), Settings(port=0)) as service:
        async with raw_client(service.port) as client:
            await connected(client)
            async with asyncio.timeout(30):
                await service.stop()
            assert await client.closed() == 1012
            assert await client.ended()
        assert not service.hub.sessions

"""Clients that reconnect, flood and reset, over real sockets. By counts, never by times."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
from contextlib import AsyncExitStack
from ipaddress import ip_network

import aiohttp
import msgspec
import pytest

from tests.support.buckets import stop_refills
from tests.support.frames import RawClient, handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving
from ticker.hub.session import Session
from ticker.server import Service, Settings, log_filter
from ticker.server.connections import registry
from ticker.server.core.turns import TURN_TOKENS
from ticker.server.websocket.endpoint import WebSocket
from ticker.wire.limits import Limits

PING = sent(1, b'{"op":"ping","id":1}')


@pytest.fixture(autouse=True)
def _no_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed per second does not depend on the machine."""
    stop_refills(monkeypatch)


async def wait_until_empty(service: Service) -> None:
    async with asyncio.timeout(60):
        while service.hub.sessions:
            await asyncio.sleep(0)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close it with a TCP reset."""
    found = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_clients_that_flood_and_reset_log_two_lines_each(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with serving(ScriptedFeed()) as service:
            before = len(caplog.records)
            for _ in range(10):
                async with raw_client(service.port) as client:
                    client.send(handshake())
                    assert (await client.head())[0] == 101
                    client.send(PING * 1_000)
                    await client.frame()
                    reset(client.writer)
            await wait_until_empty(service)
            lines = [record for record in caplog.records[before:] if record.name != "ticker.feed"]
    assert len(lines) == 20, [line.getMessage() for line in lines]


async def test_the_log_lines_of_all_connections_have_a_rate_limit(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LOGGED_AT_ONCE", 2)
    monkeypatch.setattr(registry, "LOGGED_PER_SECOND", 1e-6)
    monkeypatch.setattr(registry, "SWEEP_S", 0.01)
    with caplog.at_level(logging.INFO, logger="ticker.server"):
        async with serving(ScriptedFeed()) as service:
            for _ in range(5):
                async with raw_client(service.port) as client:
                    client.send(handshake())
                    assert (await client.head())[0] == 101
                await wait_until_empty(service)
            async with asyncio.timeout(60):
                while not any("more clients connected" in line for line in caplog.messages):
                    await asyncio.sleep(0.01)
    lines = [line for line in caplog.messages if line.startswith("client ")]
    assert [line.split()[1] for line in lines] == ["1:", "1:", "2:", "2:"]
    counts = [int(line.split()[0]) for line in caplog.messages if "more clients connected" in line]
    assert counts[0] >= 1
    assert sum(counts) <= 3


async def test_the_log_lines_of_malformed_requests_have_a_rate_limit(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_filter, "MALFORMED_AT_ONCE", 2)
    monkeypatch.setattr(log_filter, "MALFORMED_PER_SECOND", 1e-6)
    with caplog.at_level(logging.INFO):
        async with serving(ScriptedFeed()) as service:
            for _ in range(5):
                async with raw_client(service.port) as client:
                    client.send(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
                    assert (await client.head())[0] == 400
    assert sum(line.startswith("malformed request") for line in caplog.messages) == 2


def limited(**limits: int) -> Settings:
    return Settings(port=0, limits=msgspec.structs.replace(Limits(), **limits))


async def welcomed(client: RawClient) -> None:
    client.send(handshake())
    assert (await client.head())[0] == 101
    assert b'"welcome"' in (await client.frame())[1]


async def refused(client: RawClient) -> int:
    """The seconds after which a refused client may try again."""
    client.send(handshake())
    status, headers = await client.head()
    assert status == 429
    body = await client.reader.readexactly(int(headers["content-length"]))
    assert json.loads(body)["code"] == "over-budget"
    return int(headers["retry-after"])


async def test_reconnecting_does_not_reset_the_budget_of_messages() -> None:
    """Of the same address. Connected clients, and those of other addresses, are not affected."""
    async with serving(ScriptedFeed(), limited(messages_per_second=1, messages_at_once=50)) as service:
        async with raw_client(service.port) as neighbour, raw_client(service.port) as client:
            await welcomed(neighbour)
            await welcomed(client)
            client.send(PING * 150)
            answers = [json.loads((await client.frame())[1])["type"] for _ in range(90)]
            assert answers[:50] == ["pong"] * 50
            assert "error" in answers
            assert await client.closed() == 4429
            reset(client.writer)
            async with asyncio.timeout(60):
                while len(service.hub.sessions) > 1:
                    await asyncio.sleep(0)
            async with raw_client(service.port) as again, raw_client(service.port, "127.0.0.2") as other:
                assert 10 <= await refused(again) <= 60
                await welcomed(other)
                for each in (neighbour, other):
                    each.send(PING)
                    assert b"pong" in (await each.frame())[1]


async def test_messages_of_one_read_let_those_of_others_pass() -> None:
    """While a thousand messages of a client wait, another's ping is answered after a few of them."""
    async with serving(ScriptedFeed(), limited()) as service:
        async with raw_client(service.port) as other, raw_client(service.port) as client:
            await welcomed(other)
            await welcomed(client)
            handled: list[str] = []
            receive = service.hub.receive

            def noted(session: Session, raw: bytes | str, ts: int) -> None:
                handled.append(session.id)
                if handled == ["2"]:
                    # The kernel has it before the second message of the client is handled.
                    os.write(other.writer.get_extra_info("socket").fileno(), PING)
                receive(session, raw, ts)

            service.hub.receive = noted  # type: ignore[method-assign]
            client.send(b"".join(sent(1, b'{"op":"ping","id":%d}' % number) for number in range(1_000)))
            assert b"pong" in (await other.frame())[1]
            answers = [json.loads((await client.frame())[1])["id"] for _ in range(1_000)]
    assert answers == list(range(1_000))
    # One turn's work, and what was read before it.
    assert handled.index("1") <= 2 * TURN_TOKENS


async def test_a_client_is_not_read_while_its_messages_wait() -> None:
    """A stream of frames does not fill the server's memory."""
    async with serving(ScriptedFeed(), limited(messages_per_second=10_000_000, messages_at_once=10_000_000)) as service:
        async with raw_client(service.port) as client:
            await welcomed(client)
            (connection,) = service.registry.open
            assert isinstance(connection, WebSocket)
            most = 0
            receive = service.hub.receive

            def noted(session: Session, raw: bytes | str, ts: int) -> None:
                nonlocal most
                most = max(most, connection.reader.buffered)
                receive(session, raw, ts)

            service.hub.receive = noted  # type: ignore[method-assign]
            client.send(PING * 20_000)
            for _ in range(20_000):
                await client.frame()
    assert 0 < most <= 2 * 65_536


async def test_a_large_answer_counts_as_several_messages() -> None:
    """A list of 100 alerts is several times 4 KiB."""
    async with serving(ScriptedFeed(), limited(messages_per_second=1, messages_at_once=120)) as service:
        async with raw_client(service.port) as client:
            await welcomed(client)
            for number in range(100):
                alert = {
                    "op": "alert",
                    "owner": "a secret",
                    "id": f"{number:064}",
                    "symbol": "AAPL",
                    "when": "last > 5",
                }
                client.send(sent(1, json.dumps(alert).encode()))
                answer = json.loads((await client.frame())[1])
                if answer["type"] == "error":
                    break
    assert answer["code"] == "too-many-messages"
    assert 40 < number < 90


async def test_requests_count_towards_the_budget() -> None:
    """With their answers. The budget is the address's, also for its connections."""
    names = tuple(f"SYMBOL-{number}" for number in range(10))
    feed = ScriptedFeed(names)
    async with serving(feed, limited(messages_per_second=1, messages_at_once=30, total_per_second=3)) as service:
        feed.tick([(code, 1_700_000_000_000_000_000, 1.0, 1.0) for code in range(10)])
        statuses = []
        async with aiohttp.ClientSession() as http:
            for _ in range(30):
                async with http.get(service.url + "/v1/snapshot?symbols=*") as response:
                    statuses.append(response.status)
                    if response.status != 200:
                        assert (await response.json())["code"] == "over-budget"
                        assert int(response.headers["Retry-After"]) >= 1
                        break
    assert statuses[-1] == 429
    # Each costs one, and one more for each 512 bytes of its answer.
    assert 3 <= len(statuses) <= 20


async def test_pipelined_requests_of_a_client_that_resets_its_connection_leave_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        async with serving(ScriptedFeed()) as service:
            before = len(caplog.records)
            async with raw_client(service.port) as client:
                client.send(b"GET /v1/symbols HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_000)
                assert (await client.head())[0] == 200
                reset(client.writer)
            async with raw_client(service.port) as other:
                await welcomed(other)
            lines = [line.getMessage() for line in caplog.records[before:] if line.name != "ticker.feed"]
    assert all(line.startswith("client 1:") for line in lines), lines


async def test_messages_for_a_stream_that_is_lost_are_refused() -> None:
    """Also while the server has not noticed that its client has gone."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        async with raw_client(service.port) as client:
            client.send(b"GET /v1/events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await client.head())[0] == 200
            text = (await client.reader.readuntil(b"event: session\n") + await client.reader.readline()).decode()
            address = service.url + text.rpartition("data: ")[2].strip()
            reset(client.writer)
        statuses = []
        for _ in range(5):
            async with http.post(address, json={"op": "ping"}) as response:
                statuses.append(response.status)
        assert set(statuses) <= {204, 404}
        assert statuses[-1] == 404


async def test_a_herd_behind_a_trusted_proxy_reconnects() -> None:
    """Two hundred clients with one address, in default limits; connects of that address are limited."""
    settings = Settings(port=0, proxies=(ip_network("127.0.0.1"),))
    subscribe = sent(1, b'{"op":"subscribe","symbols":["*"]}')
    forwarded = handshake(X_Forwarded_For="203.0.113.7")
    async with serving(ScriptedFeed(), settings) as service:
        for _ in range(2):
            async with AsyncExitStack() as stack:
                herd = [await stack.enter_async_context(raw_client(service.port)) for _ in range(200)]
                for client in herd:
                    client.send(forwarded)
                for client in herd:
                    assert (await client.head())[0] == 101
                    client.send(subscribe)
                for client in herd:
                    while b'"subscribed"' not in (await client.frame())[1]:
                        pass
            await wait_until_empty(service)


async def test_connects_of_an_address_are_limited() -> None:
    """Reported by a trusted proxy. Other addresses are not affected."""
    limits = msgspec.structs.replace(Limits(), connections_per_address=3, connects_per_minute=1)
    settings = Settings(port=0, proxies=(ip_network("127.0.0.1"),), limits=limits)
    async with serving(ScriptedFeed(), settings) as service:
        for address, status in [*[("203.0.113.7", 101)] * 3, ("203.0.113.7", 429), ("203.0.113.8", 101)]:
            async with raw_client(service.port) as client:
                client.send(handshake(X_Forwarded_For=address))
                found, headers = await client.head()
                assert found == status
                assert found == 101 or 1 <= int(headers["retry-after"]) <= 60
            await wait_until_empty(service)

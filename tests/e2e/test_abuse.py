"""Clients that reconnect, flood and reset, over real sockets. By counts, never by times."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct

import pytest

from tests.support.frames import handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Service, log_filter
from ticker.server.connections import registry

PING = sent(1, b'{"op":"ping","id":1}')


async def wait_until_empty(service: Service) -> None:
    async with asyncio.timeout(10):
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
            async with asyncio.timeout(10):
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

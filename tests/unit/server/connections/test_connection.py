"""A WebSocket connection by itself, on a real socket, with an owner that the test writes."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.support.frames import sent
from ticker.auth.identity import ANYONE
from ticker.server import Settings
from ticker.server.connections.budgets import Budgets
from ticker.server.connections.connection import Connection
from ticker.server.core.requests import IDENTITY
from ticker.server.core.turns import Turns
from ticker.server.websocket.endpoint import WebSocket
from ticker.server.websocket.frames import FrameReader, MessageFramer


class Owner:
    """Calls ``on_message`` for each message."""

    def __init__(self, on_message: Callable[[Connection], object]) -> None:
        self.settings = Settings()
        self.turns = Turns()
        self.messages = 0
        self.ended = asyncio.Event()
        self._on_message = on_message

    def received(self, connection: Connection, message: str | bytes) -> None:
        self.messages += 1
        self._on_message(connection)

    def rate_limited(self, connection: Connection) -> None: ...

    def lost(self, connection: Connection) -> None:
        self.ended.set()


@asynccontextmanager
async def connected(owner: Owner) -> AsyncIterator[tuple[WebSocket, socket.socket]]:
    """A connection, and its client's socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        accepted, _ = listening.accept()
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, accepted)
    request = make_mocked_request("GET", "/")
    request[IDENTITY] = ANYONE
    budget = Budgets(owner.settings.limits).connect(0.0, "127.0.0.1")
    connection = WebSocket(transport, MessageFramer(is_text=True), owner, request, budget)
    connection.reader = FrameReader(65_536)
    connection.begin(b"", b"")
    try:
        yield connection, client
    finally:
        client.close()
        transport.abort()
        await owner.ended.wait()


def reset(client: socket.socket) -> None:
    """Close it with a TCP reset, so that the next write of the other side fails."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("message", [sent(1, b"hello"), sent(9, b"ping")], ids=["messages", "pings"])
async def test_a_connection_that_is_lost_answers_no_more(message: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The client resets it at the first of 1,000 messages, which were read at once."""
    client: socket.socket

    def answer(connection: Connection) -> None:
        if owner.messages == 1:
            reset(client)
        connection.send(b"hello to you")

    owner = Owner(answer)
    async with connected(owner) as (connection, client):
        client.sendall(sent(1, b"first") + message * 999)
        await owner.ended.wait()
    assert owner.messages == 1
    # The answer to the first message failed, and no further one was tried.
    assert connection.frames == 1
    assert connection.reader.next() is not None
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_connection_whose_reset_is_noticed_while_a_frame_waits_answers_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With a full buffer frames go to the transport, which finds out first."""

    def answer(connection: Connection) -> None:
        if connection.backlog_bytes == 0:
            connection.send(b"x" * 16_000_000)
        connection.send(b"hello to you")

    owner = Owner(answer)
    async with connected(owner) as (connection, client):
        client.sendall(sent(1, b"hello"))
        while not owner.messages:
            await asyncio.sleep(0)
        reset(client)
        await owner.ended.wait()
        frames = connection.frames
        for _ in range(10):
            connection.send(b"late")
    assert connection.frames == frames
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

"""Rooms over real sockets: presence is reported at once, and a slow member doesn't delay the others."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.support.frames import RawClient, handshake, sent
from tests.support.model_client import Message
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Settings
from ticker.wire.limits import Limits


class Client:
    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def op(self, op: str, **message: Any) -> None:
        await self.ws.send_json({"op": op, **message})

    async def until(self, kind: str) -> Message:
        async with asyncio.timeout(60):
            while True:
                message: Message = await self.ws.receive_json()
                assert message["type"] != "error", message
                if message["type"] == kind:
                    return message


@asynccontextmanager
async def joined(port: int, name: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{port}/v1/stream") as ws:
        client = Client(ws)
        await client.op("join", room="desk", name=name)
        await client.until("joined")
        yield client


async def test_a_member_whose_connection_breaks_leaves_at_once() -> None:
    """Without any tick or heartbeat."""
    async with (
        serving(ScriptedFeed(), Settings(port=0, heartbeat_s=3_600)) as service,
        joined(service.port, "Ann") as ann,
    ):
        async with joined(service.port, "Bob") as bob:
            assert (await ann.until("present"))["names"] == ["Ann", "Bob"]
            await bob.op("say", room="desk", text="hello", id=1)
            assert (await bob.until("said"))["id"] == 1
            assert (await ann.until("said"))["text"] == "hello"
        assert (await ann.until("present"))["names"] == ["Ann"]


async def test_a_member_that_stops_reading_is_closed_and_the_others_get_all_messages() -> None:
    limits = Limits(slow_seconds=1, says_per_minute=1_000_000, messages_per_second=100_000, messages_at_once=100_000)
    async with serving(ScriptedFeed(), Settings(port=0, limits=limits)) as service:
        async with joined(service.port, "Ann") as ann, joined(service.port, "Bob") as bob:
            mute = socket.socket()
            mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            mute.connect(("127.0.0.1", service.port))
            reader, writer = await asyncio.open_connection(sock=mute, limit=1)
            try:
                client = RawClient(reader, writer)
                client.send(handshake(), sent(1, json.dumps({"op": "join", "room": "desk", "name": "Mute"}).encode()))
                while (await ann.until("present"))["names"] != ["Ann", "Bob", "Mute"]:
                    pass
                number, text = 0, "x" * 2_000
                while 4408 not in service.registry.closes:
                    number += 1
                    await ann.op("say", room="desk", text=text)
                    assert (await ann.until("said"))["seq"] == (await bob.until("said"))["seq"] == number
                while (await ann.until("present"))["names"] != ["Ann", "Bob"]:
                    pass
            finally:
                writer.transport.abort()

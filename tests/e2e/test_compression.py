"""Compressed messages over real sockets: the same values as plain ones, each message compressed once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import msgpack
import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate

import ticker
from tests.support.frames import handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving
from tests.unit.server.websocket.test_deflate import bomb
from ticker.server import Service, Settings
from ticker.server.websocket import frames
from ticker.server.websocket.deflate import compress, decompress

TS = 1_700_000_000_000_000_000
NAMES = tuple(f"SYM{number:03}" for number in range(60))
COMPRESSING = Settings(port=0, compress=True)
OFFER = "permessage-deflate; client_max_window_bits"
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The messages that the server compresses."""
    messages: list[bytes] = []

    def compress_and_record(message: bytes) -> bytes:
        messages.append(message)
        return compress(message)

    monkeypatch.setattr(frames, "compress", compress_and_record)
    return messages


def tick(feed: ScriptedFeed, step: int) -> None:
    """A trade of every symbol."""
    feed.tick([(code, TS + step, 100.0 + code + step / 8, 10.0 + step) for code in range(len(NAMES))])


def decode(data: str | bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(data) if isinstance(data, str) else msgpack.unpackb(data)
    return message


def address(service: Service) -> str:
    return f"ws://127.0.0.1:{service.port}/v1/stream"


class Aiohttp:
    """aiohttp's client."""

    def __init__(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        self._stream = stream

    async def send(self, message: dict[str, Any]) -> None:
        await self._stream.send_str(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        return decode((await self._stream.receive(timeout=60)).data)


class Websockets:
    """The client of the package `websockets`."""

    def __init__(self, stream: websockets.ClientConnection) -> None:
        self._stream = stream

    async def send(self, message: dict[str, Any]) -> None:
        # In fragments; only the first is marked as compressed.
        text = json.dumps(message)
        await self._stream.send([text[:10], text[10:20], text[20:]])

    async def receive(self) -> dict[str, Any]:
        return decode(await asyncio.wait_for(self._stream.recv(), 60))


async def watching(client: Aiohttp | Websockets) -> dict[str, Any]:
    """Subscribe to all symbols at rate 0; return the snapshot."""
    assert (await client.receive())["type"] == "welcome"
    await client.send({"op": "subscribe", "symbols": [*NAMES], "rate": 0, "id": "x" * 3_000})
    assert (await client.receive())["symbols"] == [*NAMES]
    return await client.receive()


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_a_message_is_compressed_once_for_all_clients_of_a_group(encoding: str, compressed: list[bytes]) -> None:
    """Two implementations, one with a small window, and a client without compression get the same values."""
    feed, protocol = ScriptedFeed(NAMES), f"ticker.v1.{encoding}"
    names = [websockets.Subprotocol(protocol)]
    small = ClientPerMessageDeflateFactory(server_max_window_bits=13, client_max_window_bits=9)
    async with serving(feed, COMPRESSING) as service, aiohttp.ClientSession() as http:
        url = address(service)
        async with (
            http.ws_connect(url, protocols=[protocol], compress=15) as first,
            websockets.connect(url, subprotocols=names) as second,
            websockets.connect(url, subprotocols=names, extensions=[small], compression=None) as third,
            http.ws_connect(url, protocols=[protocol]) as plain,
        ):
            assert (first.compress, first.client_notakeover, plain.compress) == (15, True, 0)
            for stream, bits in ((second, 15), (third, 12)):
                (extension,) = stream.protocol.extensions
                assert isinstance(extension, PerMessageDeflate)
                assert extension.remote_no_context_takeover
                assert extension.local_no_context_takeover
                assert extension.remote_max_window_bits == bits
            clients = (Aiohttp(first), Websockets(second), Websockets(third), Aiohttp(plain))
            tick(feed, 0)
            while service.hub.apply_pending().version == 0:
                await asyncio.sleep(0)
            snapshots = [await watching(client) for client in clients]
            assert [snapshot["data"] for snapshot in snapshots] == [snapshots[0]["data"]] * 4
            assert set(snapshots[0]["data"]) == {*NAMES}
            assert compressed
            for step in range(1, 5):
                compressed.clear()
                tick(feed, step)
                updates = [await client.receive() for client in clients]
                assert updates[0]["data"][NAMES[7]]["last"] == 107.0 + step / 8
                assert updates == [updates[0]] * 4
                (payload,) = compressed
                assert decode(payload.decode() if encoding == "json" else payload) == updates[0]


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_the_python_client_compresses_only_if_asked_to(encoding: str, compressed: list[bytes]) -> None:
    """It gets the same values either way."""
    feed = ScriptedFeed(NAMES)
    async with serving(feed, COMPRESSING) as service:
        tick(feed, 0)
        url = address(service)
        async with ticker.connect(url, NAMES, encoding=encoding, rate=0) as plain:
            tick(feed, 1)
            while plain.board[NAMES[-1]].last != 100 + 59 + 1 / 8:
                await anext(plain)
            assert not compressed
            async with ticker.connect(url, NAMES, encoding=encoding, rate=0, compress=True) as stream:
                assert [view.as_dict() for view in stream.board.values()] == [
                    view.as_dict() for view in plain.board.values()
                ]
                assert len(compressed) >= 1
                compressed.clear()
                tick(feed, 2)
                while stream.board[NAMES[-1]].last != 100 + 59 + 2 / 8:
                    await anext(stream)
                assert len(compressed) == 1

        def sync() -> float | None:
            with ticker.connect_sync(url, NAMES, encoding=encoding, compress=True) as stream:
                return stream.board[NAMES[0]].last

        compressed.clear()
        assert await asyncio.to_thread(sync) == 100 + 2 / 8
        assert compressed


async def test_a_server_that_does_not_compress_declines(compressed: list[bytes]) -> None:
    """The offer gets no answer and the client plain frames. A compressed frame of the client's is a violation."""
    feed = ScriptedFeed(NAMES)
    async with serving(feed) as service:
        tick(feed, 0)
        async with ticker.connect(address(service), NAMES, compress=True) as stream:
            assert stream.board[NAMES[0]].last == 100
        async with raw_client(service.port) as client:
            client.send(handshake(Sec_WebSocket_Extensions=OFFER))
            status, headers = await client.head()
            assert status == 101
            assert "sec-websocket-extensions" not in headers
            client.send(sent(1, compress(b'{"op":"ping"}'), reserved=0x40))
            assert await client.closed() == 1002
    assert not compressed


@pytest.mark.parametrize(
    ("offered", "answer"),
    [
        (OFFER, AGREED),
        ("permessage-deflate; server_max_window_bits=15", f"{AGREED}; server_max_window_bits=12"),
        (["permessage-deflate; server_max_window_bits=9", "permessage-deflate"], AGREED),
        ("permessage-deflate; server_max_window_bits=9", None),
        ("permessage-deflate; unheard_of", None),
    ],
)
async def test_offers_are_accepted_or_declined(offered: str | list[str], answer: str | None) -> None:
    """After a declined offer the connection has no compression."""
    async with serving(ScriptedFeed(), COMPRESSING) as service, raw_client(service.port) as client:
        client.send(handshake(Sec_WebSocket_Extensions=offered))
        status, headers = await client.head()
        assert status == 101
        assert headers.get("sec-websocket-extensions") == answer
        client.send(sent(1, compress(b'{"op":"ping"}'), reserved=0x40))
        if answer is None:
            assert await client.closed() == 1002
        else:
            assert b"welcome" in (await client.frame())[1]
            assert b"pong" in (await client.frame())[1]


async def test_malformed_offers_fail_the_handshake() -> None:
    async with serving(ScriptedFeed(), COMPRESSING) as service, raw_client(service.port) as client:
        client.send(handshake(Sec_WebSocket_Extensions='permessage-deflate; client_max_window_bits="10'))
        status, headers = await client.head()
        assert status == 400
        assert "sec-websocket-accept" not in headers


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (sent(2, bomb(), reserved=0x40), 1009),
        (sent(1, b"nothing compressed", reserved=0x40), 1007),
        (sent(9, b"hi", reserved=0x40), 1002),
    ],
    ids=["a bomb", "broken", "a compressed ping"],
)
async def test_a_forbidden_compressed_frame_closes_the_connection(wire: bytes, code: int) -> None:
    """Another client is not affected."""
    feed = ScriptedFeed(NAMES)
    async with serving(feed, COMPRESSING) as service:
        async with ticker.connect(address(service), NAMES, rate=0, compress=True) as stream:
            async with raw_client(service.port) as client:
                client.send(handshake(Sec_WebSocket_Extensions=OFFER), wire)
                assert (await client.head())[0] == 101
                assert await client.closed() == code
            tick(feed, 1)
            while not stream.board[NAMES[-1]].last:
                await anext(stream)


async def test_small_and_control_frames_are_not_compressed() -> None:
    """Only long messages that shrink are marked as compressed."""
    feed = ScriptedFeed(NAMES)
    async with serving(feed, COMPRESSING) as service, raw_client(service.port) as client:
        client.send(handshake(Sec_WebSocket_Extensions=OFFER))
        await client.head()
        assert b"welcome" in await client.until(1)
        client.send(sent(9, b"x" * 120))
        assert await client.until(10) == b"x" * 120
        client.send(sent(1, json.dumps({"op": "ping", "data": "x" * 2_000}).encode()))
        first, second = await client.reader.readexactly(2)
        assert (first, second & 0x80) == (0xC1, 0)
        pong = json.loads(decompress(await client.reader.readexactly(second), 65_536))
        assert pong == {"type": "pong", "data": "x" * 2_000}

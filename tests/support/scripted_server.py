"""A server that sends what the test tells it to, for tests of the Python client."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from ticker.wire.codec import Codec, codec_for
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    ClientMessage,
    FeedState,
    Fields,
    Heartbeat,
    Subscribe,
    Subscribed,
    TradesMessage,
    Unsubscribe,
    Unsubscribed,
    Update,
    Welcome,
)

TS = 1_700_000_000_000_000_000


def welcome(epoch: str = "one", heartbeat: float = 10.0, **others: Any) -> Welcome:
    values = {"server": "scripted", "protocol": 1, "limits": Limits(), **others}
    return Welcome(epoch=epoch, heartbeat=heartbeat, **values)


def update(since: int, version: int, data: dict[str, Fields | None]) -> Update:
    return Update(since=since, version=version, ts=TS, data=data)


def trades(
    since: int, version: int, rows: list[tuple[str, float]], lost: dict[str, int] | None = None
) -> TradesMessage:
    """Trades of size 1, given as (symbol, price)."""
    data = [(symbol, TS + at, price, 1.0) for at, (symbol, price) in enumerate(rows)]
    return TradesMessage(since=since, version=version, data=data, lost=lost or {})


def heartbeat(version: int, state: Any = "live") -> Heartbeat:
    return Heartbeat(version=version, ts=TS, feed=FeedState(state=state, ts=TS))


class Conversation:
    """One client's connection, from the server's side."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, codec: Codec) -> None:
        self.socket = socket
        self.request = request
        self.codec = codec
        self.heard: asyncio.Queue[ClientMessage] = asyncio.Queue()
        self.closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def next_message(self) -> ClientMessage:
        """The client's next message."""
        return await self.heard.get()

    async def say(self, *messages: msgspec.Struct) -> None:
        for message in messages:
            payload = self.codec.encode(message)
            if self.codec.is_text:
                await self.socket.send_str(payload.decode())
            else:
                await self.socket.send_bytes(payload)

    async def subscribed(self, rejected: dict[str, str] | None = None, rate: float = 10) -> Subscribe:
        """Answer the next message, which must be a subscribe."""
        asked = await self.next_message()
        assert isinstance(asked, Subscribe)
        symbols = [name for name in asked.symbols if name not in (rejected or {})]
        answer = Subscribed(id=asked.id, channel=asked.channel, symbols=symbols, rate=rate, rejected=rejected or {})
        await self.say(answer)
        return asked

    async def unsubscribed(self) -> Unsubscribe:
        asked = await self.next_message()
        assert isinstance(asked, Unsubscribe)
        await self.say(Unsubscribed(id=asked.id, channel=asked.channel, symbols=[]))
        return asked

    async def greet(
        self, version: int = 1, data: dict[str, Fields | None] | None = None, epoch: str = "one"
    ) -> Subscribe:
        """Send the welcome, answer the subscribe, and send the first values."""
        await self.say(welcome(epoch))
        asked = await self.subscribed()
        if asked.channel == "ticker":
            await self.say(update(0 if asked.since is None else asked.since.version, version, data or {}))
        return asked

    def break_off(self) -> None:
        """Break the connection without a close."""
        transport = self.request.transport
        assert transport is not None
        transport.abort()

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                kind = "json" if message.type is WSMsgType.TEXT else "msgpack"
                self.heard.put_nowait(codec_for(kind).decode_client(message.data))
        if not self.closed.done():
            self.closed.set_result(self.socket.close_code)


class ScriptedServer:
    """``client()`` returns each client that connects. ``refusals`` are sent in answer to the next upgrades."""

    def __init__(self, port: int = 0) -> None:
        self.arrivals: asyncio.Queue[Conversation] = asyncio.Queue()
        self.refusals: list[web.Response] = []
        self.requests = 0
        #: The targets of all requests; absolute addresses if the client takes this server for a proxy.
        self.targets: list[str] = []
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/v1/stream", self._handle)
        self.server = TestServer(app, port=port or None)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}"

    async def client(self) -> Conversation:
        return await self.arrivals.get()

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.targets.append(request.raw_path)
        return await handler(request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if self.refusals:
            return self.refusals.pop(0)
        socket = web.WebSocketResponse(protocols=("ticker.v1.json", "ticker.v1.msgpack"), compress=False, timeout=0.5)
        await socket.prepare(request)
        codec = codec_for("msgpack" if socket.ws_protocol == "ticker.v1.msgpack" else "json")
        conversation = Conversation(socket, request, codec)
        self.arrivals.put_nowait(conversation)
        await conversation.read()
        return socket


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    await scripted.server.start_server()
    try:
        yield scripted
    finally:
        await scripted.server.close()


@contextmanager
def scripted_thread(script: Callable[[ScriptedServer], Awaitable[None]]) -> Iterator[str]:
    """Run a server and ``script`` in a thread; gives its address. Raises what the script raises."""
    ready: list[str] = []
    begun = threading.Event()
    failures: list[BaseException] = []
    stops: list[Callable[[], object]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with scripted_server() as server:
            ready.append(server.url)
            begun.set()
            running = asyncio.ensure_future(script(server))
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
            if running.done() and (error := running.exception()) is not None:
                failures.append(error)
            await stopping
            running.cancel()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert begun.wait(60)
    try:
        yield ready[0]
    finally:
        stops[0]()
        thread.join(60)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


@asynccontextmanager
async def mute_server(*payloads: bytes) -> AsyncIterator[str]:
    """A server that completes the handshake, sends ``payloads`` (JSON), and then neither reads, writes nor closes."""
    silent = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        key = next(line for line in head.splitlines() if line.lower().startswith("sec-websocket-key")).split(": ")[1]
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        assert headers["upgrade"] == "websocket"
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        for payload in payloads:
            size = len(payload)
            assert 126 <= size < 65_536, "only this length of header is supported"
            writer.write(b"\x81\x7e" + size.to_bytes(2, "big") + payload)
        try:
            await silent.wait()
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        silent.set()
        server.close()
        await asyncio.sleep(0.01)

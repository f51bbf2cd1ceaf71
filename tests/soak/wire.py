"""The connections of model clients: a WebSocket, or server-sent events with posts.

Messages are decoded with the standard library and msgpack; nothing here uses the project's client.
"""

from __future__ import annotations

import asyncio
import json
import socket
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgpack

from tests.support.frames import RawClient, handshake, sent
from tests.support.model_client import Message, decoded

#: Small receive buffers, so the server notices a sleeping client soon.
_BUFFER_BYTES: Final = 4_096
#: A connection without any message for this long is dead; heartbeats come more often.
MUTE_S: Final = 20.0
#: Exceptions of a broken connection.
LOST: Final = (OSError, EOFError, TimeoutError)


class ClosedError(OSError):
    """The server closed the connection with a close code, or refused it with an HTTP status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with a small receive buffer. Raises ``OSError``."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=sock, limit=_BUFFER_BYTES)
    except BaseException:
        sock.close()
        raise


async def request(port: int, method_and_path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of a request over a new connection. Raises the exceptions of ``LOST``."""
    reader, writer = await connect(port)
    try:
        writer.write(
            f"{method_and_path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        raw = RawClient(reader, writer)
        status, headers = await raw.head()
        return status, await reader.readexactly(int(headers.get("content-length", 0)))
    finally:
        writer.transport.abort()


class Wire(ABC):
    """One connection."""

    transport: ClassVar[str]

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._raw = RawClient(reader, writer)

    @abstractmethod
    async def receive(self) -> Message | None:
        """The next message; None for a ping or comment. Raises ``ClosedError`` or the exceptions of ``LOST``."""

    @abstractmethod
    def say(self, message: Message) -> None:
        """Send a message, now or in a task."""

    def abort(self) -> None:
        """Cut the connection."""
        self._raw.writer.transport.abort()

    @abstractmethod
    def leave(self) -> None:
        """Close the connection, with a close frame if there is one."""


class WebSocketWire(Wire):
    transport: ClassVar[str] = "websocket"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoding: str) -> None:
        super().__init__(reader, writer)
        self._encoding = encoding

    @classmethod
    async def open(cls, port: int, encoding: str) -> WebSocketWire:
        wire = cls(*await connect(port), encoding)
        try:
            wire._raw.send(handshake(Sec_WebSocket_Protocol=f"ticker.v1.{encoding}"))
            status, _ = await wire._raw.head()
            if status != 101:
                raise ClosedError(status)
        except BaseException:
            wire.abort()
            raise
        return wire

    async def receive(self) -> Message | None:
        async with asyncio.timeout(MUTE_S):
            opcode, payload = await self._raw.frame()
        if opcode == 8:
            raise ClosedError(int.from_bytes(payload[:2], "big") if payload else 1005)
        if opcode == 9:
            self._raw.send(sent(10, payload))
        if opcode > 2:
            return None
        assert opcode == (1 if self._encoding == "json" else 2), f"opcode {opcode} in {self._encoding}"
        return decoded(payload, self._encoding)

    def say(self, message: Message) -> None:
        if self._encoding == "json":
            self._raw.send(sent(1, json.dumps(message).encode()))
        else:
            self._raw.send(sent(2, msgpack.packb(message)))

    def leave(self) -> None:
        self._raw.send(sent(8, b"\x03\xe8"))


class EventWire(Wire):
    transport: ClassVar[str] = "sse"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        super().__init__(reader, writer)
        self._port = port
        self._path = ""
        self._posts: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int, query: dict[str, Any]) -> EventWire:
        """Open a stream with the subscription of ``query``."""
        wire = cls(*await connect(port), port)
        try:
            wire._raw.send(
                f"GET /v1/events?{urlencode(query)} HTTP/1.1\r\nHost: localhost\r\n"
                "Accept: text/event-stream\r\n\r\n".encode()
            )
            status, _ = await wire._raw.head()
            if status != 200:
                raise ClosedError(status)
        except BaseException:
            wire.abort()
            raise
        return wire

    async def receive(self) -> Message | None:
        kind, data = "message", ""
        async with asyncio.timeout(MUTE_S):
            while (line := await self._line()) != "\n" or not data:
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name in ("data", ""):
                    data = value
        if kind == "session":
            self._path = data
            return None
        said: Message = json.loads(data)
        if kind == "close":
            raise ClosedError(said["code"])
        return said

    async def _line(self) -> str:
        """A line of any length: the reader's limit is small so that it stops reading early."""
        reader, line = self._raw.reader, b""
        while not line.endswith(b"\n"):
            try:
                line += await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                line += await reader.readexactly(error.consumed)
            except asyncio.IncompleteReadError as error:
                raise EOFError from error
        return line.decode()

    def say(self, message: Message) -> None:
        # One after the other: later messages may depend on earlier ones.
        self._last = task = asyncio.create_task(self._post(message, self._last))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _post(self, message: Message, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            status, _ = await request(self._port, f"POST {self._path}", json.dumps(message).encode())
        except LOST:
            status = 0
        if status != 204:
            # The message was lost, and later ones may depend on it.
            self.abort()

    def leave(self) -> None:
        """An event stream has no close."""
        self.abort()

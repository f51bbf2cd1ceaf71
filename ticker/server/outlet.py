"""A WebSocket as the hub sees it: frames are written whole, in one write, and nothing waits.

aiohttp's own way of sending is a coroutine a message and an encoding a client. Here the frame's header is built once
for all who get the same payload, and goes with it to the transport in one call.
"""

from __future__ import annotations

import asyncio
import os

from aiohttp import web

_TEXT = 0x81
_BINARY = 0x82


class Framer:
    """Payloads to WebSocket frames (RFC 6455, section 5.2: FIN, an opcode, no mask), the last one kept.

    A group's members are written to one after the other, so one is enough to build each frame once.
    """

    def __init__(self, *, is_text: bool) -> None:
        self._opcode = _TEXT if is_text else _BINARY
        self._payload = b""
        self._frame = self._framed(b"")

    def frame(self, payload: bytes) -> bytes:
        if payload is not self._payload:
            self._payload, self._frame = payload, self._framed(payload)
        return self._frame

    def _framed(self, payload: bytes) -> bytes:
        size = len(payload)
        if size < 126:
            return bytes((self._opcode, size)) + payload
        if size < 65_536:
            return bytes((self._opcode, 126)) + size.to_bytes(2, "big") + payload
        return bytes((self._opcode, 127)) + size.to_bytes(8, "big") + payload


class SocketOutlet:
    """The way to one client. Written to only while the WebSocket is open; afterwards frames are dropped."""

    __slots__ = ("_fd", "_framer", "_socket", "_transport", "bytes", "frames")

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.WriteTransport, framer: Framer) -> None:
        self._socket = socket
        self._transport = transport
        self._framer = framer
        # Where nothing is encrypted on the way, and a socket is a file.
        plain = os.name == "posix" and transport.get_extra_info("sslcontext") is None
        found = transport.get_extra_info("socket") if plain else None
        self._fd: int | None = None if found is None else found.fileno()
        self.frames = 0
        self.bytes = 0

    def ready(self) -> bool:
        # What the kernel took counts as gone; its buffer is kept small (see Settings.send_buffer_bytes).
        return not self._transport.get_write_buffer_size()

    def offer(self, payload: bytes) -> bool:
        transport = self._transport
        if transport.get_write_buffer_size():
            return False
        if transport.is_closing() or self._socket.closed:
            return True
        frame = self._framer.frame(payload)
        size = len(frame)
        self.frames += 1
        self.bytes += size
        if self._fd is not None:
            # Straight to the kernel: with an empty buffer that is all that the transport would do, in twice the time.
            # As long as it isn't closing, the descriptor is its own.
            try:
                sent = os.write(self._fd, frame)
            except OSError:
                sent = 0  # it is full, or broken: the transport finds out which, and knows what to do then
            if sent == size:
                return True
            frame = frame[sent:]
        transport.write(frame)
        return True

    def send(self, payload: bytes) -> None:
        if not self.offer(payload) and not self._transport.is_closing() and not self._socket.closed:
            frame = self._framer.frame(payload)
            self._transport.write(frame)
            self.frames += 1
            self.bytes += len(frame)

    @property
    def backlog_bytes(self) -> int:
        """What was sent and has not left."""
        return self._transport.get_write_buffer_size()

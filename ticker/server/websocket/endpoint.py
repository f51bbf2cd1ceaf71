"""`GET /v1/stream`: a WebSocket connection."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar, Final

from aiohttp import web

from ticker.server.connections.connection import Connection, ConnectionOwner, Framer
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.connections.takeover import unsent_response
from ticker.server.core.responses import HttpError
from ticker.server.websocket.frames import (
    DeflatingFramer,
    Frame,
    FrameReader,
    MessageFramer,
    Opcode,
    Violation,
    close_frame,
    encode_frame,
)
from ticker.server.websocket.handshake import (
    check_handshake,
    choose_extension,
    choose_subprotocol,
    handshake_response,
)

log = logging.getLogger("ticker.server")

#: With more unread answers than this, a client isn't read from either.
MAX_UNREAD_BYTES: Final = 65_536
_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}


class WebSocket(Connection):
    """A connection that speaks WebSocket. ``inflates``: compression was negotiated."""

    __slots__ = ("_reader",)
    kind: ClassVar[str] = "websocket"

    def __init__(
        self,
        transport: asyncio.Transport,
        framer: Framer,
        owner: ConnectionOwner,
        request: web.Request,
        *,
        inflates: bool = False,
    ) -> None:
        super().__init__(transport, framer, owner, request)
        self._reader = FrameReader(self._settings.limits.message_bytes, inflates=inflates)

    def _close_message(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)

    def _data_received(self, data: bytes | memoryview) -> None:
        if self._closing and self.code == 1009:
            # The rest of a message that was too large. Disconnecting now would lose the close frame.
            return
        self._reader.feed(data)
        self._reading_resumed()

    def _reading_resumed(self) -> None:
        try:
            while not self._reading_paused and (frame := self._reader.next()) is not None:
                self._handle(frame)
        except Violation as violation:
            if self._closing:
                self._transport.abort()
            self.close(violation.code, violation.reason)
        except Exception:  # a bug here must not look like a network failure
            log.exception("client %s: failed", self.session.id, extra={"client": self.session.id})
            self.close(1011, "internal error; see the server's log")

    def _handle(self, frame: Frame) -> None:
        is_control = frame.opcode >= Opcode.CLOSE
        if frame.opcode is Opcode.CLOSE:
            if self._closing:
                self._transport.close()
            else:
                self.code = code = frame.close_code
                self.reason = f"closed with {code}"
                self._finish(close_frame(code) if frame.data else encode_frame(Opcode.CLOSE, b""))
                self._transport.close()
            return
        if self._closing:
            return
        if self._within_rate(len(frame.data), report=not is_control):
            if frame.opcode is Opcode.PING:
                assert isinstance(frame.data, bytes)
                self._transport.write(encode_frame(Opcode.PONG, frame.data))
            elif not is_control:
                self._owner.received(self, frame.data)
        if self._full and self.backlog_bytes > MAX_UNREAD_BYTES:
            self._reading_paused = True
            self._transport.pause_reading()


class WebSocketEndpoint:
    def __init__(self, registry: ConnectionRegistry) -> None:
        self._registry = registry
        self._framers = {"json": MessageFramer(is_text=True), "msgpack": MessageFramer(is_text=False)}
        self._deflating = {encoding: DeflatingFramer(framer) for encoding, framer in self._framers.items()}

    def routes(self) -> list[web.RouteDef]:
        # RFC 6455, section 4.1: "The method of the request MUST be GET".
        return [web.get("/v1/stream", self.stream, allow_head=False)]

    async def stream(self, request: web.Request) -> web.Response:
        encoding = request.query.get("encoding", "json")
        if encoding not in self._framers:
            raise HttpError(400, "bad-argument", f"encoding: must be json or msgpack, not {encoding!r:.80}")
        key = check_handshake(request)
        extension = choose_extension(request) if self._registry.settings.compress else None
        subprotocol = choose_subprotocol(request, _SUBPROTOCOLS)
        encoding = _SUBPROTOCOLS.get(subprotocol or "", encoding)
        inflates = extension is not None
        framer = self._deflating[encoding] if inflates else self._framers[encoding]

        def connect(transport: asyncio.Transport) -> WebSocket:
            return WebSocket(transport, framer, self._registry, request, inflates=inflates)

        self._registry.take_over(request, connect, handshake_response(key, subprotocol, extension), encoding)
        return unsent_response()

"""A WebSocket: what a connection speaks, and the endpoint that begins one."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar, Final

from aiohttp import web

from ticker.auth.identity import Identity
from ticker.server.connections.connection import Connection, Framer, Owner
from ticker.server.connections.handshake import HandshakeError, answer, compression, key_of, subprotocol
from ticker.server.connections.registry import Clients
from ticker.server.connections.token_bucket import Verdict
from ticker.server.core.responses import refusal
from ticker.server.core.settings import Settings
from ticker.server.websocket.frames import (
    DeflatingFramer,
    Frame,
    FrameReader,
    MessageFramer,
    Opcode,
    Violation,
    close_frame,
    framed,
)

log = logging.getLogger("ticker.server")

#: A client that doesn't read its answers isn't read from either, beyond this many bytes.
UNREAD_BYTES: Final = 65_536
_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}


class WebSocket(Connection):
    """A connection that reads frames."""

    __slots__ = ("_reader",)
    kind: ClassVar[str] = "websocket"

    def __init__(
        self,
        transport: asyncio.Transport,
        framer: Framer,
        settings: Settings,
        owner: Owner,
        remote: str | None,
        who: Identity,
        *,
        inflates: bool = False,
    ) -> None:
        super().__init__(transport, framer, settings, owner, remote, who)
        self._reader = FrameReader(settings.limits.message_bytes, inflates=inflates)

    def _farewell(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)

    def _came(self, data: bytes | memoryview) -> None:
        if self._closing and self.code == 1009:
            # The rest of what was too large: hung up on now, the client would never read why.
            return
        self._reader.feed(data)
        self._resumed()

    def _resumed(self) -> None:
        try:
            while not self._unread and (frame := self._reader.next()) is not None:
                self._take(frame)
        except Violation as violation:
            if self._closing:
                self._transport.abort()
            self.close(violation.code, violation.reason)
        except Exception:  # a mistake of ours must not look like a network that broke
            log.exception("client %s: failed", self.session.id, extra={"client": self.session.id})
            self.close(1011, "the server failed; see its log")

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            if self._closing:
                self._transport.close()
            else:
                self.code = code = frame.closes_with[0]
                self.reason = f"closed with {code}"
                self._finish(close_frame(code) if frame.data else framed(Opcode.CLOSE, b""))
                self._transport.close()
            return
        if self._closing:
            return
        verdict = self._allowed(len(frame.data))
        if verdict is Verdict.TOLD:
            if frame.opcode < Opcode.CLOSE:
                self._owner.flooded(self)
        elif verdict is Verdict.FINE:
            if frame.opcode is Opcode.PING:
                assert isinstance(frame.data, bytes)
                self._transport.write(framed(Opcode.PONG, frame.data))
            elif frame.opcode is not Opcode.PONG:
                self._owner.received(self, frame.data)
        if self._full and self.backlog_bytes > UNREAD_BYTES:
            self._unread = True
            self._transport.pause_reading()


class WebSocketEndpoint:
    """`GET /v1/stream`."""

    def __init__(self, clients: Clients, settings: Settings) -> None:
        self._clients = clients
        self._settings = settings
        self._framers = {"json": MessageFramer(is_text=True), "msgpack": MessageFramer(is_text=False)}
        self._deflating = {encoding: DeflatingFramer(framer) for encoding, framer in self._framers.items()}

    def routes(self) -> list[web.RouteDef]:
        # Section 4.1: "The method of the request MUST be GET".
        return [web.get("/v1/stream", self.handle, allow_head=False)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        encoding = request.query.get("encoding", "json")
        if encoding not in self._framers:
            return refusal(400, "bad-argument", f"encoding {encoding!r:.80}: there are json and msgpack")
        try:
            key = key_of(request)
            extension = compression(request) if self._settings.compress else None
        except HandshakeError as error:
            code = "upgrade-required" if error.status == 426 else "bad-handshake"
            response = refusal(error.status, code, str(error))
            response.headers.update(error.headers)
            return response
        protocol = subprotocol(request, _SUBPROTOCOLS)
        encoding = _SUBPROTOCOLS.get(protocol or "", encoding)

        def begun(transport: asyncio.Transport, remote: str | None, who: Identity) -> Connection:
            framer = self._framers[encoding] if extension is None else self._deflating[encoding]
            inflates = extension is not None
            return WebSocket(transport, framer, self._settings, self._clients, remote, who, inflates=inflates)

        return self._clients.take_over(request, begun, answer(key, protocol, extension), encoding)

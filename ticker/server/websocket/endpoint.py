"""`GET /v1/stream`: a WebSocket connection."""

from __future__ import annotations

import logging
from typing import ClassVar, Final

from aiohttp import web

from ticker.server.connections.budgets import BYTES_PER_TOKEN
from ticker.server.connections.connection import Connection
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.connections.takeover import unsent_response
from ticker.server.core.responses import bad_argument
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
#: A message costs one more token for each of these.
FRAGMENTS_PER_TOKEN: Final = 16
#: A frame that comes after the close is read, and no more.
IGNORED_TOKENS: Final = 0.25
_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}


class WebSocket(Connection):
    """A connection that speaks WebSocket."""

    __slots__ = ("reader",)
    kind: ClassVar[str] = "websocket"
    #: Set by the endpoint before any data arrives.
    reader: FrameReader

    def _close_message(self, code: int, reason: str) -> bytes:
        return close_frame(code, reason)

    def _data_received(self, data: bytes | memoryview) -> None:
        if self._closing and self.code == 1009:
            # The rest of a message that was too large. Disconnecting now would lose the close frame.
            return
        self.reader.feed(data)
        # A transport with TLS may pass on data after reading was paused.
        if not self._waits and self._owner.turns.run(self):
            self._waits = True
            self._transport.pause_reading()

    def _reading_resumed(self) -> None:
        # In a later turn: this is called from within the transport's write. Reading continues after the last message.
        if not self._waits:
            self._waits = True
            self._owner.turns.queue(self)

    def work(self, tokens: float) -> tuple[float, bool]:
        """Handle messages until ``tokens`` are spent (see ``Turns``)."""
        spent, more = 0.0, False
        try:
            # A transport closes when a write fails, too: what was read before is not answered any more.
            while not self._reading_paused and not self._transport.is_closing():
                if spent >= tokens:
                    more = self.reader.buffered > 0
                    break
                frame = self.reader.next()
                if frame is None:
                    break
                spent += self._handle(frame)
        except Violation as violation:
            if self._closing:
                self._transport.abort()
            self.close(violation.code, violation.reason)
        except Exception:  # a bug here must not look like a network failure
            log.exception("client %s: failed", self.session.id, extra={"client": self.session.id})
            self.close(1011, "internal error; see the server's log")
        if self._waits and not more:
            self._waits = False
            if not self._reading_paused:
                self._transport.resume_reading()
        return spent, more

    def _handle(self, frame: Frame) -> float:
        """Returns what it takes of a turn in tokens, also if the frame is refused."""
        is_control = frame.opcode >= Opcode.CLOSE
        if frame.opcode is Opcode.CLOSE:
            if self._closing:
                self._transport.close()
            else:
                self.code = code = frame.close_code
                self.reason = f"closed with {code}"
                self._finish(close_frame(code) if frame.data else encode_frame(Opcode.CLOSE, b""))
                self._transport.close()
            return 1.0
        if self._closing:
            return IGNORED_TOKENS
        cost, spent = 1 + len(frame.data) // BYTES_PER_TOKEN, 1.0
        if not is_control:
            fragments = self.reader.fragments // FRAGMENTS_PER_TOKEN
            cost, spent = cost + fragments, spent + fragments
        if self._pay(cost, report=not is_control):
            if frame.opcode is Opcode.PING:
                assert isinstance(frame.data, bytes)
                self._pass_on(encode_frame(Opcode.PONG, frame.data))
            elif not is_control:
                spent += self._answer(frame.data)
        if self._full and self.backlog_bytes > MAX_UNREAD_BYTES:
            self._reading_paused = True
            self._transport.pause_reading()
        return spent


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
            raise bad_argument("encoding", f"must be json or msgpack, not {encoding!r:.80}")
        key = check_handshake(request)
        extension = choose_extension(request) if self._registry.settings.compress else None
        subprotocol = choose_subprotocol(request, _SUBPROTOCOLS)
        encoding = _SUBPROTOCOLS.get(subprotocol or "", encoding)
        framer = (self._framers if extension is None else self._deflating)[encoding]
        head = handshake_response(key, subprotocol, extension)
        connection = self._registry.take_over(request, WebSocket, framer, head, encoding)
        if connection is not None:
            limit = self._registry.settings.limits.message_bytes
            connection.reader = FrameReader(limit, inflates=extension is not None)
        return unsent_response()

"""Server-Sent Events (HTML standard, section 9.2), for networks that block WebSockets.

`GET /v1/events` is a session like a WebSocket's, in one direction: each message is an event's `data`, in JSON. Events
that move the client forward have an `id`, with which a browser resumes by itself. The client sends its messages by
POST to the path in the first event, `session`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import ClassVar, Final

import msgspec
from aiohttp import web

from ticker.fanout.subscription import HEARTBEAT, TICKER, Position, Topic
from ticker.hub.hub import Hub
from ticker.intervals import interval as parsed_interval
from ticker.server.connections.budgets import BYTES_PER_TOKEN
from ticker.server.connections.connection import Connection
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.connections.takeover import unsent_response
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.requests import (
    IDENTITY,
    read_json,
    requested_flag,
    requested_number,
    requested_position,
    requested_symbols,
)
from ticker.server.core.responses import SERVER, HttpError
from ticker.wire.messages import CHANNELS, Subscribe

#: How soon an EventSource reconnects.
RETRY_MS: Final = 1_000
_HEAD: Final = (
    "HTTP/1.1 200 OK\r\n"
    f"Server: {SERVER}\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Accel-Buffering: no\r\n"  # nginx: don't buffer
    "Connection: close\r\n"
    "\r\n"
)


class EventFramer:
    """Turns messages into events, and keeps the last (see ``MessageFramer``). Frames of ``topic`` get an id."""

    def __init__(self, topic: Topic, epoch: Callable[[], str]) -> None:
        self._topic = topic
        self._epoch = epoch
        self._payload = b""
        self._event = b""

    def frame(self, payload: bytes, position: Position | None = None) -> bytes:
        if payload is not self._payload:
            self._payload, self._event = payload, self._encode(payload, position)
        return self._event

    def _encode(self, payload: bytes, position: Position | None) -> bytes:
        topic, version = position or (None, 0)
        if topic == HEARTBEAT:
            # A comment: keeps proxies from cutting the connection, and an EventSource ignores it.
            return b": %b\n\n" % payload
        if topic != self._topic:
            return b"data: %b\n\n" % payload
        return b"id: %b-%d\ndata: %b\n\n" % (self._epoch().encode(), version, payload)


class EventStream(Connection):
    """A connection that only writes. Its client's messages arrive in other requests."""

    __slots__ = ("forget",)
    kind: ClassVar[str] = "sse"
    #: Called when the connection is lost. Set by the endpoint.
    forget: Callable[[], object]

    def connection_lost(self, exc: Exception | None) -> None:
        self.forget()
        super().connection_lost(exc)

    def _close_message(self, code: int, reason: str) -> bytes:
        return b"event: close\ndata: %b\n\n" % msgspec.json.encode({"code": code, "reason": reason})

    def _finish(self, frame: bytes) -> None:
        super()._finish(frame)
        # The client doesn't answer: close once everything is sent.
        self._transport.close()

    def _data_received(self, data: bytes | memoryview) -> None:  # noqa: ARG002 - no data is allowed
        self.abort("sent data on an event stream")

    def receive(self, message: str) -> None:
        """Take a message of the client's that arrived in another request."""
        if self._pay(1 + len(message) // BYTES_PER_TOKEN):
            self._answer(message)


class EventsEndpoint:
    def __init__(self, hub: Hub, registry: ConnectionRegistry, dispatcher: Dispatcher) -> None:
        self._hub = hub
        self._registry = registry
        self._dispatcher = dispatcher
        self._framers: dict[Topic, EventFramer] = {}
        self._streams: dict[str, EventStream] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/events", self.stream, allow_head=False), web.post("/v1/events/{token}", self.receive)]

    async def stream(self, request: web.Request) -> web.Response:
        may = request[IDENTITY].may
        subscribe = _subscription(request, lambda name: may.symbol(name) and self._hub.row(name) is not None)
        framer = self._framer(subscribe)
        token = secrets.token_urlsafe(18)
        # The request's own path, which also works behind a prefix.
        first = f"retry: {RETRY_MS}\nevent: session\ndata: {request.path}/{token}\n\n"
        stream = self._registry.take_over(request, EventStream, framer, (_HEAD + first).encode(), "json")
        if stream is not None:
            self._streams[token] = stream
            stream.forget = lambda: self._streams.pop(token)
            if subscribe.symbols:
                self._dispatcher.subscribe(stream.session, subscribe)
        return unsent_response()

    def _framer(self, subscribe: Subscribe) -> EventFramer:
        """The framer of a stream's topic, shared by its streams. An unknown topic is refused on the stream."""
        # There are about a hundred topics. A framer for each unknown one would let clients fill the memory.
        topic = Topic(subscribe.channel) if subscribe.channel in CHANNELS else TICKER
        if topic.channel == "bars":
            try:
                topic = Topic("bars", parsed_interval(subscribe.interval or "").name)
            except ValueError:
                topic = TICKER
        if topic not in self._framers:
            self._framers[topic] = EventFramer(topic, lambda: self._hub.board.epoch)
        return self._framers[topic]

    async def receive(self, request: web.Request) -> web.Response:
        """A message of the client's. It is answered on the stream."""
        stream = self._streams.get(request.match_info["token"])
        if stream is None or stream.identity.owner != request[IDENTITY].owner:
            raise HttpError(404, "no-stream", "there is no such event stream; open a new one")
        body = await read_json(request, self._registry.settings.limits.message_bytes)
        try:
            stream.receive(body.decode())
        except UnicodeDecodeError:
            raise HttpError(400, "malformed", "the body is not UTF-8") from None
        return web.Response(status=204, headers={"Cache-Control": "no-store"})


def _subscription(request: web.Request, known: Callable[[str], bool]) -> Subscribe:
    query = request.query
    return Subscribe(
        symbols=requested_symbols(request, known),
        channel=query.get("channel", "ticker"),
        interval=query.get("interval"),
        rate=requested_number(request, "rate"),
        since=requested_position(request),
        revisions=requested_flag(request, "revisions"),
    )

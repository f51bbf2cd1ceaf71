"""Server-Sent Events (HTML standard, section 9.2), for networks that let no WebSocket through.

`GET /v1/events` is the same session as a WebSocket's, one way: each message is an event's `data`, in JSON, and what
moves the client on has an `id` with which a browser comes back by itself. What a client has to say later it posts to
the address that the first event, `session`, names.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import ClassVar, Final

import msgspec
from aiohttp import web

from ticker.auth.identity import Identity, identity
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.server.connections.connection import Connection, Owner
from ticker.server.connections.registry import Clients
from ticker.server.connections.token_bucket import Verdict
from ticker.server.core.metronome import Metronome
from ticker.server.core.responses import body_of, refusal, since_of, symbols_of
from ticker.server.core.settings import Settings
from ticker.wire.messages import CHANNELS, Subscribe

#: How soon an EventSource comes back.
RETRY_MS: Final = 1_000
_HEAD: Final = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    # nginx would collect events otherwise.
    "X-Accel-Buffering: no\r\n"
    "Connection: close\r\n"
    "\r\n"
)
#: How messages begin that move a client on; as the codec makes them.
_MOVES: Final = re.compile(
    rb'\{"type":"(update|trades|quotes|bars)",(?:"interval":"\w+",)?"since":\d+,"version":(\d+)[,}]'
)
_HEARTBEAT: Final = b'{"type":"heartbeat"'


class EventFramer:
    """Messages to events, the last one kept (see ``MessageFramer``). Those of ``channel`` get an id."""

    def __init__(self, channel: str, epoch: Callable[[], str]) -> None:
        self._channel = channel.encode()
        self._epoch = epoch
        self._payload = b""
        self._event = b""

    def frame(self, payload: bytes) -> bytes:
        if payload is not self._payload:
            self._payload, self._event = payload, self._of(payload)
        return self._event

    def _of(self, payload: bytes) -> bytes:
        if payload.startswith(_HEARTBEAT):
            # A comment: a sign of life for the network and for whoever looks, and nothing to an EventSource.
            return b": %b\n\n" % payload
        found = _MOVES.match(payload)
        kind = found and (b"ticker" if found[1] == b"update" else found[1])
        if not found or kind != self._channel:
            return b"data: %b\n\n" % payload
        return b"id: %b-%b\ndata: %b\n\n" % (self._epoch().encode(), found[2], payload)


class EventStream(Connection):
    """A connection that only writes; what its client has to say comes with other requests."""

    __slots__ = ("token",)
    kind: ClassVar[str] = "sse"
    #: With which its client speaks to it. Nobody else knows it.
    token: str

    def _farewell(self, code: int, reason: str) -> bytes:
        said = msgspec.json.encode({"code": code, "reason": reason})
        return b"event: close\ndata: %b\n\n" % said

    def _finish(self, frame: bytes) -> None:
        super()._finish(frame)
        # Nobody answers: it ends when it has left.
        self._transport.close()

    def _came(self, data: bytes | memoryview) -> None:  # noqa: ARG002 - whatever it is
        """A request on top of the stream: nobody would answer it."""
        self.abort("sent something on an event stream")

    def say(self, message: str) -> None:
        """The client's message, by another way."""
        verdict = self._allowed(len(message))
        if verdict is Verdict.TOLD:
            self._owner.flooded(self)
        elif verdict is Verdict.FINE:
            self._owner.received(self, message)


class EventsEndpoint:
    """`GET /v1/events`, and `POST /v1/events/{token}`."""

    def __init__(self, hub: Hub, clients: Clients, metronome: Metronome, settings: Settings) -> None:
        self._hub = hub
        self._clients = clients
        self._metronome = metronome
        self._settings = settings
        self._framers: dict[str, EventFramer] = {}
        self._streams: dict[str, EventStream] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/events", self.stream, allow_head=False), web.post("/v1/events/{token}", self.say)]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        try:
            subscribe = _subscribe(request)
        except ValueError as error:
            return refusal(400, "bad-argument", str(error))
        # One that there is not is answered on the stream, and has no framer of its own: clients can make up many.
        channel = subscribe.channel if subscribe.channel in CHANNELS else "ticker"
        framer = self._framers.setdefault(channel, EventFramer(channel, lambda: self._hub.board.epoch))
        token = secrets.token_urlsafe(18)
        # Where it says so itself it also works behind a path of its own.
        path = f"{request.path}/{token}"
        first = f"retry: {RETRY_MS}\nevent: session\ndata: {path}\n\n"

        def begun(transport: asyncio.Transport, remote: str | None, who: Identity) -> Connection:
            made = EventStream(transport, framer, self._settings, self._forgetting, remote, who)
            made.token = token
            self._streams[token] = made
            return made

        def welcomed(session: Session) -> None:
            if subscribe.symbols:
                self._metronome.subscribe(session, subscribe)

        return self._clients.take_over(request, begun, (_HEAD + first).encode(), "json", welcomed)

    @property
    def _forgetting(self) -> Owner:
        return _Forgetting(self._clients, self._streams)

    async def say(self, request: web.Request) -> web.Response:
        """One message of the client's. Its answer comes on the stream."""
        stream = self._streams.get(request.match_info["token"])
        if stream is None or stream.who.owner != identity(request).owner:
            return refusal(404, "no-stream", "there is no such stream (any more): begin another")
        if request.content_type != "application/json":
            return refusal(415, "json-needed", "send the body as application/json")
        most = self._settings.limits.message_bytes
        body = await body_of(request, most)
        if body is None:
            return refusal(413, "too-large", f"a message has at most {most} bytes")
        try:
            stream.say(body.decode())
        except UnicodeDecodeError:
            return refusal(400, "malformed", "the body is not UTF-8")
        return web.Response(status=204, headers={"Cache-Control": "no-store"})


class _Forgetting:
    """An owner that forgets a stream's token with it."""

    def __init__(self, clients: Clients, streams: dict[str, EventStream]) -> None:
        self._clients = clients
        self._streams = streams
        self.received = clients.received
        self.flooded = clients.flooded

    def lost(self, connection: Connection) -> None:
        assert isinstance(connection, EventStream)
        del self._streams[connection.token]
        self._clients.lost(connection)


def _subscribe(request: web.Request) -> Subscribe:
    """What the address asks for. Raises ``ValueError``, with the name of what is wrong first."""
    query = request.query
    rate = None
    if "rate" in query:
        try:
            rate = float(query["rate"])
        except ValueError:
            raise ValueError(f"rate: a number, not {query['rate']!r:.40}") from None
    return Subscribe(
        symbols=symbols_of(request),
        channel=query.get("channel", "ticker"),
        interval=query.get("interval"),
        rate=rate,
        since=since_of(request),
    )

"""`GET /v1/stream`: the WebSocket endpoint. Moves bytes between a socket and the hub, and decides nothing else."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import time
from collections.abc import Set as AbstractSet

from aiohttp import WSCloseCode, WSMsgType, web

from ticker.hub import Hub
from ticker.server.http import refusal
from ticker.server.metronome import Metronome
from ticker.server.outlet import Framer, SocketOutlet
from ticker.server.settings import Settings

log = logging.getLogger("ticker.server")

_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}
#: A client that doesn't read its answers isn't read from either, beyond this many bytes.
_UNREAD_BYTES = 65_536
_UNREAD_PAUSE_S = 0.02


class WebSocketEndpoint:
    """The handler, and the sockets that are open."""

    def __init__(self, hub: Hub, metronome: Metronome, settings: Settings) -> None:
        self._hub = hub
        self._metronome = metronome
        self._settings = settings
        self._framers = {"json": Framer(is_text=True), "msgpack": Framer(is_text=False)}
        self._open: set[web.WebSocketResponse] = set()
        self._stopping = False

    @property
    def open(self) -> AbstractSet[web.WebSocketResponse]:
        return self._open

    async def handle(self, request: web.Request) -> web.StreamResponse:
        encoding = request.query.get("encoding", "json")
        if encoding not in self._framers:
            return refusal(400, "bad-argument", f"encoding {encoding!r:.80}: there are json and msgpack")
        if self._stopping:
            return refusal(503, "stopping", "the server is stopping; try again")
        # permessage-deflate costs each client a compression of its own, and memory: aiohttp would accept it.
        socket = web.WebSocketResponse(
            protocols=tuple(_SUBPROTOCOLS),
            max_msg_size=self._settings.limits.message_bytes,
            compress=False,
            timeout=1.0,
        )
        if not socket.can_prepare(request).ok:
            return refusal(426, "upgrade-required", "this is a WebSocket endpoint: connect with ws://")
        await socket.prepare(request)
        transport = request.transport
        if transport is None:  # gone while the handshake was answered
            return socket
        self._tune(transport)
        encoding = _SUBPROTOCOLS.get(socket.ws_protocol or "", encoding)
        outlet = SocketOutlet(socket, transport, self._framers[encoding])
        session = self._hub.attach(outlet, encoding)
        self._open.add(socket)
        started_s = time.monotonic()
        log.info("client %s: connected from %s, %s", session.id, request.remote, encoding)
        reason = "failed"
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
                    self._metronome.receive(session, message.data)
                # The transport tells aiohttp alone when it has drained, so it is looked at.
                while outlet.backlog_bytes > _UNREAD_BYTES and not transport.is_closing():  # noqa: ASYNC110 - see above
                    await asyncio.sleep(_UNREAD_PAUSE_S)
            reason = self._reason(socket)
        except Exception:  # a mistake of ours must not look like a network that broke
            log.exception("client %s: failed", session.id)
            await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"the server failed; see its log")
        finally:
            self._open.discard(socket)
            watched = len(session)
            self._hub.detach(session)
            log.info(
                "client %s: %s; from %s, watched %d, %.1f s, %d frames, %d bytes",
                *(session.id, reason, request.remote, watched),
                *(time.monotonic() - started_s, outlet.frames, outlet.bytes),
            )
        return socket

    def _reason(self, socket: web.WebSocketResponse) -> str:
        if self._stopping:
            return "the server stops"
        return f"closed with {socket.close_code}" if socket.close_code else "connection lost"

    def _tune(self, transport: asyncio.Transport) -> None:
        socket: sockets.socket | None = transport.get_extra_info("socket")
        if socket is None:
            return
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, self._settings.send_buffer_bytes)
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1)
        # A peer that vanished is found by the kernel, data in flight or not; where it can't, by its own keep-alive.
        timeout = getattr(sockets, "TCP_USER_TIMEOUT", None)
        if timeout is not None:
            socket.setsockopt(sockets.IPPROTO_TCP, timeout, int(self._settings.dead_after_s * 1000))

    async def stop(self, within_s: float) -> None:
        """Close every socket with 1012, which tells clients to come back; whoever doesn't answer in time is cut."""
        self._stopping = True
        closing = [
            asyncio.create_task(socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"the server restarts"))
            for socket in self._open
        ]
        if closing:
            _done, late = await asyncio.wait(closing, timeout=within_s)
            for task in late:
                task.cancel()
            for outcome in await asyncio.gather(*closing, return_exceptions=True):
                if isinstance(outcome, Exception):
                    log.debug("closing a client failed: %r", outcome)

"""Takes a connection over from aiohttp, and limits what that relies on to this file.

aiohttp's own WebSocket keeps the request, its parser and a task for as long as the client is connected, three quarters
of a client's memory, and tolerates frames that RFC 6455 forbids. So aiohttp reads and routes the request, and from the
response on the connection is ours. aiohttp has no public way to hand a connection over: ``check_aiohttp`` compares the
internals that ``take_over_transport`` uses.
"""

from __future__ import annotations

import inspect
from asyncio import Transport
from typing import Final, cast

import aiohttp
from aiohttp import web
from aiohttp.http_websocket import WebSocketReader

from ticker.errors import TickerError

#: The versions that the tests cover; ``pyproject.toml`` has the same range.
TESTED_AIOHTTP: Final = ">=3.14.4,<3.15"
_METHODS: Final = {
    "set_parser": ["self", "parser"],
    "connection_lost": ["self", "exc"],
    # For the errors that the listener rewrites.
    "handle_error": ["self", "request", "status", "exc", "message"],
    "finish_response": ["self", "request", "resp", "start_time"],
}
_ATTRIBUTES: Final = ("_message_tail", "_payload_parser", "_manager", "_current_request", "_task_handler")


def check_aiohttp() -> None:
    """Raises ``TickerError`` if aiohttp's internals are not those that ``take_over_transport`` relies on."""
    handler = web.RequestHandler
    missing = [name for name in _ATTRIBUTES if not hasattr(handler, name)]
    for name, parameters in _METHODS.items():
        method = getattr(handler, name, None)
        if method is None or list(inspect.signature(method).parameters)[: len(parameters)] != parameters:
            missing.append(f"{name}()")
    if missing:
        raise TickerError(
            f"aiohttp {aiohttp.__version__} can't be used: web.RequestHandler lacks {', '.join(missing)}."
            f" Install a tested version: pip install 'aiohttp{TESTED_AIOHTTP}'"
        )


def take_over_transport(request: web.Request) -> tuple[Transport, bytes] | None:
    """Detach a request's transport from aiohttp. Also returns what the client sent after the request.

    None if the client has disconnected. The caller must set a protocol before the event loop runs again.
    """
    transport = request.transport
    if transport is None or transport.is_closing():
        return None
    tail = _Tail()
    handler = request.protocol
    handler.set_parser(cast("WebSocketReader", tail))
    # aiohttp cleans up as for a client that disconnected: it writes no response and closes no transport.
    handler.transport = None
    handler.connection_lost(None)
    return transport, bytes(tail.data)


def unsent_response() -> web.Response:
    """What a handler returns after a takeover, because aiohttp wants a response. It is never sent."""
    return web.Response(status=101)


class _Tail:
    """Collects what aiohttp read after the request. Has the interface of aiohttp's ``WebSocketReader``."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None: ...

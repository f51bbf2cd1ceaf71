"""The listening socket."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from aiohttp import hdrs, web

from ticker.server.connections.tcp import set_user_timeout
from ticker.server.core.responses import SERVER

_BACKLOG = 1_024


class _Protocol(web.RequestHandler):
    """Adds the ``Server`` header to errors that aiohttp answers before the application gets the request."""

    __slots__ = ()

    def handle_error(self, *args: Any, **kwargs: Any) -> web.StreamResponse:
        response = super().handle_error(*args, **kwargs)
        response.headers[hdrs.SERVER] = SERVER
        return response


class Listener(web.BaseSite):
    """aiohttp's TCP site, with time limits for TLS handshakes and for clients that don't read their response."""

    def __init__(
        self,
        runner: web.AppRunner,
        address: tuple[str, int],
        context: ssl.SSLContext | None,
        handshake_s: float,
        unread_s: float,
    ) -> None:
        super().__init__(runner, ssl_context=context, backlog=_BACKLOG)
        self._address = address
        self._handshake_s = None if context is None else handshake_s
        self._unread_s = unread_s

    @property
    def name(self) -> str:
        host, port = self._address
        return f"{'http' if self._ssl_context is None else 'https'}://{host}:{port}"

    async def start(self) -> None:
        """Raises ``OSError`` if the address is not available."""
        await super().start()
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None
        self._server = await loop.create_server(
            lambda: _Protocol(server, loop=loop, **server._kwargs),  # noqa: SLF001 - the only place for another class
            *self._address,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_s,
        )
        for listening in self._server.sockets:
            # Its connections inherit this, so a large response that isn't read doesn't stay in memory.
            set_user_timeout(listening, self._unread_s)

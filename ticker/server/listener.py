"""The listening socket."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from contextlib import suppress
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from ticker.server.connections.tcp import set_user_timeout
from ticker.server.core.responses import SERVER, aiohttp_error, error_response

_BACKLOG = 1_024


class _Protocol(web.RequestHandler):
    """Gives errors that aiohttp answers without the application the form and the header of all other errors.

    These are malformed requests, unknown expectations (417), and exceptions of handlers (500). Counts them by code.
    """

    __slots__ = ("_counts",)

    def __init__(self, counts: Counter[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counts = counts

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # Logs the error.
        super().handle_error(request, status, exc, message)
        error = aiohttp_error(status, {})
        self._counts[error.code] += 1
        text = str(error)
        if isinstance(exc, LineTooLong):
            text = "a line of the request's head is too long"
        elif isinstance(exc, BadHttpMethod):
            text = "HTTP has no such method; this port may expect connections without TLS"
        response = error_response(status, error.code, text)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if isinstance(resp, web.HTTPError):
            error = aiohttp_error(resp.status, resp.headers)
            self._counts[error.code] += 1
            resp = error_response(error.status, error.code, str(error), error.headers)
            # The client may send the body that it announced.
            resp.force_close()
        if resp.status >= 400:
            resp.headers[hdrs.SERVER] = SERVER
        return await super().finish_response(request, resp, start_time)


class Listener(web.BaseSite):
    """aiohttp's TCP site, with time limits for TLS handshakes and for clients that don't read their response.

    ``errors`` counts by code.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        address: tuple[str, int],
        context: ssl.SSLContext | None,
        handshake_s: float,
        unread_s: float,
        errors: Counter[str],
    ) -> None:
        super().__init__(runner, ssl_context=context, backlog=_BACKLOG)
        self._address = address
        self._handshake_s = None if context is None else handshake_s
        self._unread_s = unread_s
        self._errors = errors

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
            lambda: _Protocol(self._errors, server, loop=loop, **server._kwargs),  # noqa: SLF001 - the only place for another class
            *self._address,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_s,
        )
        for listening in getattr(self._server, "sockets", ()):
            # Its connections inherit this, so a large response that isn't read doesn't stay in memory.
            set_user_timeout(listening, self._unread_s)

    async def stop(self) -> None:
        """Stop listening. Connections that were accepted last are attached to asyncio's server before it closes.

        Python 3.11 would drop them without closing them.
        """
        if self._server is not None:
            loop = asyncio.get_running_loop()
            with suppress(NotImplementedError):  # not on Windows
                for listening in getattr(self._server, "sockets", ()):
                    loop.remove_reader(listening.fileno())
            await asyncio.sleep(0)
        await super().stop()

"""The listening socket."""

from __future__ import annotations

import asyncio
import ssl

from aiohttp import web

from ticker.server.connections.tcp import set_user_timeout

_BACKLOG = 1_024


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
        assert self._runner.server is not None
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            *self._address,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_s,
        )
        for listening in self._server.sockets:
            # Its connections inherit this, so a large response that isn't read doesn't stay in memory.
            set_user_timeout(listening, self._unread_s)

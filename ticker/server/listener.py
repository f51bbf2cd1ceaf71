"""The socket that the server listens on."""

from __future__ import annotations

import asyncio
import ssl

from aiohttp import web

from ticker.server.connections.tcp import all_acknowledged_within

_BACKLOG = 1_024


class Site(web.BaseSite):
    """As aiohttp's own for TCP, with limits to the time that a handshake of TLS, and taking an answer, may take."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        handshake_s: float,
        taken_s: float,
    ) -> None:
        super().__init__(runner, ssl_context=context, backlog=_BACKLOG)
        self._where = host, port
        self._taken_s = taken_s
        self._handshake_s = handshake_s if context is not None else None

    @property
    def name(self) -> str:
        host, port = self._where
        return f"{'http' if self._ssl_context is None else 'https'}://{host}:{port}"

    async def start(self) -> None:
        """Raises ``OSError`` if the address can't be had."""
        await super().start()
        assert self._runner.server is not None
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            *self._where,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=self._handshake_s,
        )
        for listening in self._server.sockets:
            # Its connections have it too: who asks for much and takes nothing of it doesn't keep us holding it.
            all_acknowledged_within(listening, self._taken_s)

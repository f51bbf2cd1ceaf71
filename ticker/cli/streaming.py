"""A command's stream: connects, reports rejected symbols, and turns errors into messages for the user."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import click

import ticker
from ticker.cli.failure import Failure, printable, unreachable
from ticker.cli.logs import logging_to_stderr
from ticker.cli.server import Server
from ticker.client.endpoint import Endpoint
from ticker.client.stream import Stream
from ticker.errors import ConnectError, RefusedError

_LOG_LINE = "ticker: %(message)s"


@asynccontextmanager
async def streaming(
    server: Server, symbols: Sequence[str] = (), *, wait: bool | None = None, log: bool = True, **options: Any
) -> AsyncIterator[Stream]:
    """A connected stream. ``options`` are those of ``ticker.connect``. Raises ``Failure``.

    ``wait`` None means that the command has no option ``--wait``. With ``log`` the client's warnings are on stderr;
    while it waits for a server they always are.
    """
    try:
        stream = ticker.connect(server.url, symbols, key=server.key, ssl=server.ssl, wait=bool(wait), **options)
    except ValueError as error:
        raise Failure(f"--url: {error}") from error
    # Without a handler, logging would print warnings on stderr.
    logging.getLogger("ticker").addHandler(logging.NullHandler())
    with ExitStack() as logs:
        if wait:
            logs.enter_context(logging_to_stderr("warning", _LOG_LINE))
        try:
            async with stream:
                logs.close()
                for name, reason in stream.rejected.items():
                    why = "your key is not entitled to" if reason == "not-entitled" else "the server has no symbol"
                    click.echo(f"ticker: {why} {printable(name)}", err=True)
                if log:
                    logs.enter_context(logging_to_stderr("warning", _LOG_LINE))
                yield stream
        except (RefusedError, ConnectError) as error:
            hint = "start one with `ticker serve`" + ("" if wait is None else ", or wait for one with --wait")
            raise unreachable(error, Endpoint(server.url).given, hint) from error

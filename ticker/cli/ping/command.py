"""``ticker ping``: how long it takes to the server and back, over the connection that prices come by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.watch.command import DEFAULT_URL

F = TypeVar("F", bound=Callable[..., Any])


def _option(name: str, **more: Any) -> Callable[[F], F]:
    variable = "TICKER_PING_" + name.removeprefix("--").upper()
    return click.option(name, envvar=variable, show_envvar=True, show_default=True, **more)


@click.command("ping")
@_option("--count", type=click.IntRange(0), default=5, metavar="NUMBER", help="So many pings; 0: until Ctrl-C.")
@_option("--interval", type=click.FloatRange(0.01, 3600), default=1.0, metavar="SECONDS", help="From one to the next.")
@_option(
    "--timeout",
    type=click.FloatRange(0.01, 3600),
    default=5.0,
    metavar="SECONDS",
    help="One that isn't answered for so long is lost.",
)
@_option("--url", default=DEFAULT_URL, help="The server's address.")
@access_options
def command(key_file: Path | None, ca: Path | None, **options: Any) -> int:
    """Measure the way to the server and back, as ping does, over a WebSocket.

    A line each, and a summary at the end, also after Ctrl-C. Exit status 1 if nothing was answered.

    \b
    ticker ping
    ticker ping --count 0 --interval 0.2 --url https://prices.example
    """
    from ticker.cli.ping.run import Request, ping
    from ticker.cli.stopping import run

    request = Request(key=key_of(key_file), ssl=trust(ca), **options)
    return run(lambda stop: ping(request, stop))

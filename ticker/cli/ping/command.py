"""``ticker ping``: measures the round-trip time to the server over its WebSocket."""

from __future__ import annotations

from typing import Any

import click

from ticker.cli.server import Server, option, server_options

_SECONDS: Any = {"type": click.FloatRange(0.01, 3600), "metavar": "SECONDS", "show_default": True}


@click.command("ping")
@option(
    "ping",
    "--count",
    type=click.IntRange(0),
    default=5,
    metavar="NUMBER",
    show_default=True,
    help="Number of pings; 0: until Ctrl-C.",
)
@option("ping", "--interval", default=1.0, **_SECONDS, help="Time between two pings.")
@option("ping", "--timeout", default=5.0, **_SECONDS, help="A ping without an answer after this time is lost.")
@server_options("ping")
def command(server: Server, count: int, interval: float, timeout: float) -> int:
    """Measure the round-trip time to the server.

    The pings use the WebSocket that carries prices. Prints a line per ping and a summary at the end, also after
    Ctrl-C. Exit status 1 if no ping was answered.

    \b
    ticker ping
    ticker ping --count 0 --interval 0.2 --url https://prices.example
    """
    from ticker.cli.ping.run import ping
    from ticker.cli.stopping import run

    return run(lambda stop: ping(server, stop, count=count, interval_s=interval, timeout_s=timeout))

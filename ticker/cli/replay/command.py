"""``ticker replay``: controls the replay of a running server over HTTP."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ticker.cli.action_group import ActionGroup
from ticker.cli.failure import printable
from ticker.cli.http import fetch
from ticker.cli.server import Server, option, server_options

F = TypeVar("F", bound=Callable[..., Any])
#: A seek in a long history takes its time.
_TIMEOUT_S = 30.0
_KEYS = {"state", "position", "time_zone"}


def _options(function: F) -> F:
    """The options of every subcommand."""
    as_json = option("replay", "--json", "as_json", is_flag=True, help="Print the server's answer as JSON.")
    return as_json(server_options("replay")(function))


@click.group("replay", cls=ActionGroup, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Control the replay of a running server.

    The commands apply to all clients. Each command prints the position of the replay afterwards.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("status")
@_options
def status(**options: Any) -> None:
    """Print the position."""
    _control(None, **options)


@command.command("pause")
@_options
def pause(**options: Any) -> None:
    """Stop the clock."""
    _control({"action": "pause"}, **options)


@command.command("resume")
@_options
def resume(**options: Any) -> None:
    """Start the clock again."""
    _control({"action": "resume"}, **options)


@command.command("step")
@click.argument("count", type=click.IntRange(1, 1_000_000), default=1)
@_options
def step(count: int, **options: Any) -> None:
    """Pause, and publish the ticks of the next COUNT timestamps."""
    _control({"action": "step", "count": count}, **options)


@command.command("seek")
@click.argument("time")
@_options
def seek(time: str, **options: Any) -> None:
    """Go to a TIME, forward or back.

    TIME is a time of day (10:30, 10:30:05.5) on the replay's current day, an ISO 8601 time (2024-01-03T10:30:00) in
    the replay's time zone unless it has an offset, or nanoseconds since 1970.
    """
    _control({"action": "seek", "to": int(time) if time.isdecimal() else time}, **options)


@command.command("speed")
@click.argument("speed", type=click.FloatRange(0), metavar="NUMBER")
@_options
def speed(speed: float, **options: Any) -> None:
    """Set the speed in seconds of market time per second.

    1 is real time, 60 is an hour per minute, 0 is as fast as possible.
    """
    if not math.isfinite(speed):
        raise click.BadParameter(f"{speed} is not a finite number.", param_hint="NUMBER")
    _control({"action": "speed", "speed": speed}, **options)


def line(status: dict[str, Any]) -> str:
    """``playing at 10x, 2024-01-03 10:30:00 (New York), 41 % of 09:30:00 – 16:00:00``."""
    from ticker.timeparse import moment_text, span_text

    zone, first, last = str(status["time_zone"]), int(status["first"]), int(status["last"])
    position = int(status["position"])
    part = (position - first) / (last - first) if last > first else 1.0
    pace = "as fast as possible" if status["speed"] == 0 else f"at {status['speed']:g}x"
    loop = ", in a loop" if status["loop"] else ""
    # Milliseconds are enough for people; --json has the rest.
    now = moment_text(position // 1_000_000 * 1_000_000, zone)
    return f"{status['state']} {pace}{loop}, {now}, {int(part * 100)} % of {span_text(first, last, zone, position)}"


def _control(action: dict[str, object] | None, server: Server, as_json: bool) -> None:
    answer = fetch(server, "/v1/replay", action, has=_KEYS, within_s=_TIMEOUT_S, start="ticker serve FILE")
    click.echo(json.dumps(answer) if as_json else printable(line(answer)), file=sys.stdout)

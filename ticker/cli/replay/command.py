"""``ticker replay``: the clock of a server that replays files, from a terminal. Knows its HTTP side alone."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.asking import ask
from ticker.cli.failure import printable
from ticker.cli.watch.command import DEFAULT_URL

F = TypeVar("F", bound=Callable[..., Any])
#: A seek through a long history takes its time.
_WITHIN_S = 30.0
#: What each answer has.
_HAS = {"state", "position", "time_zone"}


def _options(command: F) -> F:
    """The options that all of these commands have."""
    as_json = click.option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="TICKER_REPLAY_JSON",
        show_envvar=True,
        help="For programs: what the server answers.",
    )
    url = click.option(
        "--url",
        default=DEFAULT_URL,
        envvar="TICKER_REPLAY_URL",
        show_envvar=True,
        show_default=True,
        help="The server's address.",
    )
    return url(as_json(access_options(command)))


@click.group("replay", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Control a replay while it runs, for everybody who is connected.

    Each command says in one line where the replay is then.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("status")
@_options
def status(**options: Any) -> None:
    """Say where it is."""
    _do(None, **options)


@command.command("pause")
@_options
def pause(**options: Any) -> None:
    """Stop the clock."""
    _do({"action": "pause"}, **options)


@command.command("resume")
@_options
def resume(**options: Any) -> None:
    """Let the clock go on."""
    _do({"action": "resume"}, **options)


@command.command("step")
@click.argument("count", type=click.IntRange(1, 1_000_000), default=1)
@_options
def step(count: int, **options: Any) -> None:
    """Pause, and play the next moment or COUNT.

    That is, those at which something happens.
    """
    _do({"action": "step", "count": count}, **options)


@command.command("seek")
@click.argument("moment")
@_options
def seek(moment: str, **options: Any) -> None:
    """Go to a MOMENT, forward or back.

    MOMENT is a time of day (10:30, 10:30:05.5) on the day that it is in the replay, or an ISO stamp
    (2024-01-03T10:30:00), in the replay's time zone unless it has an offset; or nanoseconds since 1970.
    """
    _do({"action": "seek", "to": int(moment) if moment.isdecimal() else moment}, **options)


@command.command("speed")
@click.argument("speed", type=click.FloatRange(0), metavar="NUMBER")
@_options
def speed(speed: float, **options: Any) -> None:
    """Play at so many market seconds a second.

    1 is as it happened, 60 an hour a minute, 0 as fast as it goes.
    """
    if not math.isfinite(speed):
        raise click.BadParameter(f"{speed} is not a finite number.", param_hint="NUMBER")
    _do({"action": "speed", "speed": speed}, **options)


def line(status: dict[str, Any]) -> str:
    """``playing at 10x, 2024-01-03 10:30:00 (New York), 41 % of 09:30:00 – 16:00:00``."""
    from ticker.timeparse import moment_text, span_text

    zone, first, last = str(status["time_zone"]), int(status["first"]), int(status["last"])
    position = int(status["position"])
    part = (position - first) / (last - first) if last > first else 1.0
    pace = "as fast as it goes" if status["speed"] == 0 else f"at {status['speed']:g}x"
    loop = ", in a loop" if status["loop"] else ""
    # Whole seconds are enough for people; the rest is in --json.
    now = moment_text(position // 1_000_000 * 1_000_000, zone)
    return f"{status['state']} {pace}{loop}, {now}, {int(part * 100)} % of {span_text(first, last, zone, position)}"


def _do(action: dict[str, object] | None, url: str, as_json: bool, key_file: Path | None, ca: Path | None) -> None:
    who = key_of(key_file), trust(ca)
    answer = ask(url, "/v1/replay", action, *who, has=_HAS, within_s=_WITHIN_S, start="ticker serve FILE")
    click.echo(json.dumps(answer) if as_json else printable(line(answer)), file=sys.stdout)

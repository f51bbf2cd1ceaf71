"""``ticker replay``: the clock of a server that replays files, from a terminal. Knows its HTTP side alone."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.failure import Failure, printable
from ticker.cli.watch import DEFAULT_URL

if TYPE_CHECKING:
    from ssl import SSLContext

F = TypeVar("F", bound=Callable[..., Any])
#: A seek through a long history takes its time.
TIMEOUT_S = 30.0


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
    from ticker.moments import moment_text, span_text

    zone, first, last = str(status["time_zone"]), int(status["first"]), int(status["last"])
    position = int(status["position"])
    part = (position - first) / (last - first) if last > first else 1.0
    pace = "as fast as it goes" if status["speed"] == 0 else f"at {status['speed']:g}x"
    loop = ", in a loop" if status["loop"] else ""
    # Whole seconds are enough for people; the rest is in --json.
    now = moment_text(position // 1_000_000 * 1_000_000, zone)
    return f"{status['state']} {pace}{loop}, {now}, {int(part * 100)} % of {span_text(first, last, zone, position)}"


def _do(action: dict[str, object] | None, url: str, as_json: bool, key_file: Path | None, ca: Path | None) -> None:
    answer = ask(url, action, key_of(key_file), trust(ca))
    click.echo(json.dumps(answer) if as_json else printable(line(answer)), file=sys.stdout)


def ask(
    url: str, action: dict[str, object] | None = None, key: str | None = None, ssl: SSLContext | None = None
) -> dict[str, Any]:
    """The server's answer: what the replay does now. Raises ``Failure``."""
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    address = _address(url)
    body = None if action is None else json.dumps(action, allow_nan=False).encode()
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    request = Request(address, body, headers)  # noqa: S310 - http or https: see _address
    # A proxy of the environment is for the internet, and not for one's own server.
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            answer = json.load(response)
    except HTTPError as error:
        raise Failure(_complaint(error.code, error.read())) from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or str(reason)
        raise Failure(f"no server at {url}: {printable(str(why))}; start one with `ticker serve FILE`") from error
    except ValueError:
        raise Failure(f"what answers at {url} is no ticker server") from None
    if not isinstance(answer, dict) or not {"state", "position", "time_zone"} <= answer.keys():
        raise Failure(f"what answers at {url} is no ticker server")
    return answer


def _address(url: str) -> str:
    """Of the server's HTTP side, out of what people write: any of ws, wss, http, https or none."""
    from urllib.parse import urlsplit

    try:
        given = urlsplit(url if "://" in url else f"http://{url}")
        scheme = {"ws": "http", "http": "http", "wss": "https", "https": "https"}.get(given.scheme)
        if scheme is None or not given.hostname or (given.port is not None and given.port < 1):
            raise ValueError(url)
    except ValueError:
        raise Failure(f"--url: {url!r} is no address of a server; say http://127.0.0.1:8000") from None
    path = given.path.removesuffix("/v1/stream").rstrip("/")
    return f"{scheme}://{given.netloc}{path}/v1/replay"


def _complaint(status: int, body: bytes) -> str:
    """What the server says is wrong, or that it says nothing."""
    try:
        told = json.loads(body)
        return printable(str(told["message"]))
    except (ValueError, TypeError, KeyError):
        return f"the server answers with HTTP status {status}"

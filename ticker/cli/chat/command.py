"""``ticker chat``: a room of the desk chat in the terminal, or as lines for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.watch.command import DEFAULT_URL

F = TypeVar("F", bound=Callable[..., Any])


def _option(name: str, **more: Any) -> Callable[[F], F]:
    variable = "TICKER_CHAT_" + name.removeprefix("--").upper()
    return click.option(name, envvar=variable, show_envvar=True, **more)


@click.command("chat")
@click.argument("room")
@_option("--name", help="How you are called, where the server doesn't know it by your key.  [default: as you log in]")
@_option("--url", default=DEFAULT_URL, show_default=True, help="The server's address.")
@access_options
def command(room: str, name: str | None, url: str, key_file: Path | None, ca: Path | None) -> int:
    """Say and hear what is said in a ROOM: first the last 200 messages, then what comes.

    On a terminal Ctrl-D or /quit leaves. Without one each line of standard input is said, and what is said there goes
    to standard output, until the input ends.

    \b
    ticker chat desk
    echo 'Done for today' | ticker chat desk
    ticker chat desk < /dev/null           what was said lately
    """
    from ticker.cli.chat.run import Request, chat
    from ticker.cli.stopping import run

    request = Request(room=room, name=name, url=url, key=key_of(key_file), ssl=trust(ca))
    return run(lambda stop: chat(request, stop))

"""``ticker chat``: a chat room in the terminal, or as lines for other programs."""

from __future__ import annotations

import click

from ticker.cli.server import Server, option, server_options


@click.command("chat")
@click.argument("room")
@option("chat", "--name", help="Your name, if the server has no authentication.  [default: your user name]")
@server_options("chat")
def command(server: Server, room: str, name: str | None) -> int:
    """Chat in a room.

    Shows the last 200 messages, then new ones. On a terminal, Ctrl-D or /quit leaves. Otherwise each line of
    standard input is sent, and messages go to standard output, until the input ends.

    \b
    ticker chat desk
    echo 'Done for today' | ticker chat desk
    ticker chat desk < /dev/null           print the last messages
    """
    from ticker.cli.chat.run import chat
    from ticker.cli.stopping import run

    return run(lambda stop: stop.run(chat(server, room, name)))

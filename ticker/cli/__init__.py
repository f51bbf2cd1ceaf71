"""The command ``ticker`` and its commands. What goes wrong is one line on stderr, and exit status 2.

A command's module is imported when the command is named, and each imports what it needs when it runs: ``--help`` and a
shell's completion must come at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

import ticker
from ticker.cli.failure import INTERRUPTED, describe, drop_output
from ticker.cli.plugins import installed_commands, load_command
from ticker.errors import TickerError

_COMMANDS = ("serve", "watch", "chat", "notify", "ping", "record", "replay", "feeds", "keys", "cert")


class Commands(click.Group):
    """The group, with commands that are imported when named and with this project's way to fail."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*_COMMANDS, *(name for name in installed_commands() if name not in _COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            point = installed_commands().get(cmd_name)
            return None if point is None else load_command(point)
        command: click.Command = import_module(f"ticker.cli.{cmd_name}.command").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the output has read enough.
            drop_output()
            return 0
        return status

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        """Run, and exit: 0, 2 for what the user can put right, 130 for Ctrl-C."""
        extra["standalone_mode"] = False
        try:
            status = super().main(args, prog_name, **extra)
        except click.Abort:
            status = INTERRUPTED
        except (click.ClickException, TickerError, OSError) as error:
            click.echo(describe(error), err=True)
            status = 2
        sys.exit(status if isinstance(status, int) else 0)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Every option may also be set in the environment; `ticker COMMAND --help` names the variables.",
)
@click.version_option(ticker.__version__, message="ticker %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Live stock prices, streamed: a server, and a view of it in the terminal."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())

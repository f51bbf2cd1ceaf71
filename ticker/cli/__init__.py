"""The command ``ticker``. Each package in this folder is a command: ``serve/command.py`` has ``ticker serve``.

An error is one line on stderr and exit status 2. A command's module is imported when the command is named, and imports
most of what it needs when it runs, so that ``--help`` and shell completion are fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import click

import ticker
from ticker.cli.failure import INTERRUPTED, describe, drop_output
from ticker.cli.plugins import installed_commands, load_command
from ticker.cli.standard_streams import OUTPUT, prepare_standard_streams
from ticker.errors import TickerError

_COMMANDS = tuple(module.name for module in iter_modules(__path__) if module.ispkg)


class Commands(click.Group):
    """A group that imports commands when they are named, and prints errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted({*_COMMANDS, *installed_commands()})

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
            # The reader, such as `head`, has closed the pipe.
            drop_output()
            return 0
        return status

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        """Run, and exit with status 0, 2 for an error that the user can fix, or 130 for Ctrl-C."""
        extra["standalone_mode"] = False
        # Before anything opens a file.
        prepare_standard_streams()
        try:
            status = super().main(args, prog_name, **extra)
        except click.Abort:
            status = INTERRUPTED
        except (click.ClickException, TickerError, OSError) as error:
            click.echo(describe(error), err=True)
            status = 2
            if isinstance(error, OSError) and error.filename == OUTPUT:
                # Python would try to write the rest at exit, and fail again.
                drop_output()
        sys.exit(status if isinstance(status, int) else 0)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Most options can be set in the environment: --log-level of `ticker serve` is TICKER_LOG_LEVEL.",
)
@click.version_option(ticker.__version__, message="ticker %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Live stock prices: a streaming server, and clients for the terminal."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())

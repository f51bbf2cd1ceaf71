"""The command ``ticker inspect``: its options, and which of two outputs. It is imported for the help of ``ticker`` too.

It registers under ``ticker.commands``, the door by which any package may bring a command.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.numbers import AMOUNT

if TYPE_CHECKING:
    from feeds.inspect.findings import Findings

F = TypeVar("F", bound=Callable[..., Any])


def _option(name: str, **more: Any) -> Callable[[F], F]:
    """An option that the replay has too, and so by the same variable of the environment."""
    variable = "TICKER_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, **more)


@click.command("inspect")
@click.argument("paths", nargs=-1, required=True, metavar="FILE…")
@_option("--time-zone", metavar="ZONE", help="Of stamps without one: America/New_York, UTC, …")
@_option("--price-scale", type=AMOUNT, metavar="NUMBER", help="What prices are to be divided by, such as 10000.")
@_option("--date", metavar="YYYY-MM-DD", help="The day of a file that has times of day alone.")
@_option("--symbol", metavar="NAME", help="The symbol of a file that names none.")
@_option("--layout", metavar="NAME", help="The file's layout, instead of recognising it.")
@_option("--columns", metavar="ROLE=COLUMN,…", help="What columns are: price=PX,size=QTY; numbers from 1, or names.")
@_option("--strict", is_flag=True, help="The first bad row is an error.")
@click.option(
    "--ticks",
    type=click.IntRange(0, 10_000),
    default=5,
    metavar="NUMBER",
    envvar="TICKER_INSPECT_TICKS",
    show_envvar=True,
    show_default=True,
    help="How many of the first ticks, or bars, are shown.",
)
@click.option(
    "--json", "as_json", is_flag=True, envvar="TICKER_INSPECT_JSON", show_envvar=True, help="For programs: one object."
)
def command(paths: tuple[str, ...], ticks: int, as_json: bool, **reading: Any) -> int:
    """Say what a replay would understand of market-data files.

    FILE is a file (.csv .txt .gz .zst .zip .parquet) or a folder of them. Nothing is written, and no server is needed.

    \b
    ticker inspect trades.csv.gz
    ticker inspect IBM.txt --time-zone America/New_York
    ticker inspect day/ --json | jq '.files[] | [.name, .layout, .rows]'
    """
    from feeds.inspect.look import look
    from feeds.inspect.options import read_options
    from ticker.cli.failure import Failure
    from ticker.cli.loading import LoadingBar
    from ticker.errors import FeedError

    try:
        options = read_options(paths, reading)
        with LoadingBar.on(sys.stderr) as bar:
            findings = look(paths, options, ticks, bar.show)
    except FeedError as error:
        if as_json:
            _print_json({"error": str(error), "files": []})
        raise Failure(str(error)) from error
    if as_json:
        from feeds.inspect.as_json import as_dict

        _print_json(as_dict(findings))
    else:
        _print_sheet(findings, paths, reading)
    if findings.error is not None:
        # A terminal shows the sheet just above, with all of it.
        told = not as_json and sys.stdout.isatty() and any(file.error for file in findings.files)
        raise Failure("this can't be replayed: see above" if told else findings.error)
    return 0


def _print_json(found: dict[str, Any]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


#: How wide the sheet is where there is no terminal to say it.
_PIPE_COLUMNS = 120


def _print_sheet(findings: Findings, paths: tuple[str, ...], reading: dict[str, Any]) -> None:
    from rich.console import Console

    from feeds.inspect.sheet import sheet

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_COLUMNS, highlight=False)
    for part in sheet(findings, console.width, _replay_command(paths, reading)):
        console.print(part)


def _replay_command(paths: tuple[str, ...], reading: dict[str, Any]) -> str:
    """What to type to replay the same files in the same way."""
    import shlex

    words = ["ticker", "serve", *paths]
    for name, value in reading.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, f"{value:g}" if isinstance(value, float) else value]
    return shlex.join(words)

"""The command ``ticker inspect``: its options and its two outputs.

It registers under the entry-point group ``ticker.commands``, as any package can. ``ticker --help`` imports this module,
so it imports the readers only when it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.toolkit import AMOUNT, Failure, LoadingBar

if TYPE_CHECKING:
    from feeds.inspect.inspection import Inspection

F = TypeVar("F", bound=Callable[..., Any])

#: The width of the text where stdout is no terminal.
_PIPE_COLUMNS = 120


def _option(name: str, variable: str = "", **more: Any) -> Callable[[F], F]:
    """An option with its environment variable; by default the one that the replay's option of this name has."""
    variable = variable or "TICKER_" + name.partition("/")[0].removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, **more)


@click.command("inspect")
@click.argument("paths", nargs=-1, required=True, metavar="FILE…", type=click.Path(readable=False))
@_option("--time-zone", metavar="ZONE", help="Time zone of timestamps without an offset: America/New_York.")
@_option("--price-scale", type=AMOUNT, metavar="NUMBER", help="Divide prices by this number: 10000.")
@_option("--date", metavar="YYYY-MM-DD", help="Date of a file that has only times of day.")
@_option("--symbol", metavar="NAME", help="Symbol of a file that contains none.")
@_option("--layout", metavar="NAME", help="Layout of the file. [default: detected]")
@_option("--columns", metavar="ROLE=COLUMN,…", help="Columns by name or number (from 1): price=PX,size=QTY.")
@_option(
    "--decimal",
    type=click.Choice([".", ",", "32"]),
    help="Decimal mark of numbers; 32: prices in 32nds. [default: detected per column]",
)
@_option("--day-first/--month-first", default=None, help="Whether 03/04/2024 is in April or in March.")
@_option("--bar-stamp", type=click.Choice(["start", "end"]), help="What a bar's timestamp is.")
@_option("--allow-negative", is_flag=True, help="Accept prices of zero and below.")
@_option("--exchange", metavar="NAME", help="Market calendar: XNYS, XTKS, forex, 24/7.")
@_option("--strict", is_flag=True, help="Fail at the first bad row.")
@_option(
    "--ticks",
    "TICKER_INSPECT_TICKS",
    type=click.IntRange(0, 10_000),
    default=5,
    metavar="NUMBER",
    show_default=True,
    help="Number of ticks or bars to show.",
)
@_option("--json", "TICKER_INSPECT_JSON", is_flag=True, help="Print one JSON object.")
def command(paths: tuple[str, ...], ticks: int, json: bool, **reading: Any) -> int:
    """Show how market-data files are read.

    FILE is a file (.csv .txt .gz .zst .zip .parquet) or a folder of them. Nothing is written; no server is needed.

    \b
    ticker inspect trades.csv.gz
    ticker inspect IBM.txt --time-zone America/New_York
    ticker inspect day/ --json | jq '.files[] | [.name, .layout, .rows]'
    """
    from feeds.inspect.inspection import inspect_files
    from feeds.replay.feed import Replay
    from feeds.replay.options import ReplayOptions, check, read_options
    from ticker.errors import FeedError
    from ticker.feed.feed import feed_options

    try:
        given = {name: value for name, value in reading.items() if value is not None}
        options = feed_options(Replay, {"path": paths, **given})
        assert isinstance(options, ReplayOptions)
        check(options)
        with LoadingBar.on(sys.stderr) as bar:
            found = inspect_files(paths, read_options(options), ticks, bar.show)
    except FeedError as error:
        if json:
            _print_json({"error": str(error), "files": []})
        raise Failure(str(error)) from error
    if json:
        from feeds.inspect.json_output import as_dict

        _print_json(as_dict(found))
    else:
        _print_text(found, _replay_command(paths, given))
    if found.error is not None:
        # On a terminal the text just above has the whole error.
        shown = not json and sys.stdout.isatty() and any(file.error for file in found.files)
        raise Failure("these files can't be replayed: see above" if shown else found.error)
    return 0


def _print_json(found: dict[str, Any]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def _print_text(found: Inspection, replay_command: str) -> None:
    from rich.console import Console

    from feeds.inspect.text_output import render

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPE_COLUMNS, highlight=False)
    for part in render(found, console.width, replay_command):
        console.print(part)


def _replay_command(paths: tuple[str, ...], given: dict[str, Any]) -> str:
    """The command that replays the files with the same options."""
    import shlex

    words = ["ticker", "serve", *paths]
    for name, value in given.items():
        if name == "day_first":
            words.append("--day-first" if value else "--month-first")
        elif value is not False:
            words.append("--" + name.replace("_", "-"))
            words += [] if value is True else [f"{value:g}" if isinstance(value, float) else value]
    return shlex.join(words)

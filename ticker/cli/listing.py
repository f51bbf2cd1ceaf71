"""For commands that list what a server has and remove some of it: options, the table, and the confirmation."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import click

from ticker.cli.failure import Failure, printable
from ticker.timeparse import duration_ns

_DAY_S: Final = 86_400.0


class Duration(click.ParamType[float]):
    """A duration in seconds: ``30d``, or as in other commands ``12h``, ``90s``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            found = float(value[:-1]) * _DAY_S if value.endswith("d") else duration_ns(value) / 1e9
        except ValueError:
            found = math.nan
        if not 0 <= found < math.inf:
            self.fail(f"{value!r:.40} is not a duration such as 30d, 12h or 90s", param, ctx)
        return found


def with_query(path: str, given: Mapping[str, object]) -> str:
    """The path with those parameters that are not None."""
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    query = urlencode({name: value for name, value in texts.items() if value is not None})
    return f"{path}?{query}" if query else path


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on a terminal, otherwise lines with tabs. Texts are made printable."""
    texts = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [head, *texts]:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, box=None, header_style="bold", pad_edge=False)
    for row in texts:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)


def check_selection(given: Mapping[str, object], *, all_: bool, options: str) -> dict[str, object]:
    """What is given. Raises ``Failure`` for nothing, and for a selection together with ``--all``."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if all_ and chosen:
        raise Failure("--all excludes the other options")
    if not chosen and not all_:
        raise Failure(f"say which: {options} or --all")
    return chosen


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal, unless ``yes``. Raises ``Failure`` without a terminal, and ``click.Abort`` for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} Confirm with --yes")
    click.confirm(question, abort=True, err=True)


def ago(seconds: float) -> str:
    """``3 d``, ``5 h``, ``12 min``, ``40 s``."""
    for length_s, unit in ((_DAY_S, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length_s:
            return f"{int(seconds // length_s)} {unit}"
    return f"{int(seconds)} s"


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

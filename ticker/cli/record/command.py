"""``ticker record``: a running server's trades and quotes into a file that replays to the same ticks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ticker.cli.failure import Failure
from ticker.cli.server import server_options
from ticker.cli.symbol_list import split_symbols

_ENDINGS = (".csv", ".parquet")


@click.command("record")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--symbols", default="*", show_default=True, help="Symbols, separated by commas (in one: %2C).")
@click.option("--for", "duration", metavar="DURATION", help="End after this time: 30s, 10m, 1h30m.")
@click.option(
    "--channel",
    type=click.Choice(["both", "trades", "quotes"]),
    default="both",
    show_default=True,
    help="Trades, quotes, or both.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
@click.option("--wait", is_flag=True, help="Wait for the server if it is not running.")
@click.option("--finish", "finishing", is_flag=True, help="Complete OUT.parquet after an interrupted recording.")
@server_options("record")
def command(out: Path, symbols: str, duration: str | None, channel: str, finishing: bool, **options: Any) -> int:
    """Record a running server's ticks to a file.

    OUT is a .csv or .parquet file of trades and quotes. The recording ends after --for, on Ctrl-C, or when the
    feed ends. `ticker serve OUT` replays the same ticks. A recording that is killed keeps all but its last
    second: in OUT.csv, or in OUT.parquet.part.csv.

    \b
    ticker record today.csv
    ticker record aapl.parquet --symbols AAPL,MSFT --for 10m
    """
    from ticker.cli.record.parquet import finish
    from ticker.cli.record.run import RecordRequest, prepare, record
    from ticker.cli.stopping import run
    from ticker.timeparse import duration_ns

    if out.suffix not in _ENDINGS:
        raise Failure(f"{out}: the name of a recording must end in {' or '.join(_ENDINGS)}")
    try:
        seconds = None if duration is None else duration_ns(duration) / 1e9
    except ValueError as error:
        raise Failure(f"--for: {error}") from error
    request = RecordRequest(
        target=out,
        symbols=split_symbols(symbols) or ["*"],
        channels=("trades", "quotes") if channel == "both" else (channel,),
        seconds=seconds,
        **options,
    )
    if finishing:
        if not request.is_parquet or not request.journal.exists():
            raise Failure(f"{request.journal} does not exist: there is nothing to complete")
        rows = finish(request.journal, out)
        click.echo(f"ticker: {out}: {rows:,} rows", err=True)
        return 0
    prepare(request)
    return run(lambda stop: record(request, stop))

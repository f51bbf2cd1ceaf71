"""``ticker record``: a running server's trades and quotes into a file that replays to the same ticks."""

from __future__ import annotations

from pathlib import Path

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.failure import Failure

DEFAULT_URL = "http://127.0.0.1:8000"
_ENDINGS = (".csv", ".parquet")


@click.command("record")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--symbols", default="*", show_default=True, help="Which symbols, separated by commas.")
@click.option("--for", "duration", metavar="DURATION", help="End after this long: 30s, 10m, 1h30m.")
@click.option(
    "--channel",
    type=click.Choice(["both", "trades", "quotes"]),
    default="both",
    show_default=True,
    help="Trades, quotes, or both.",
)
@click.option("--url", default=DEFAULT_URL, show_default=True, envvar="TICKER_RECORD_URL", help="The server's address.")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it is there.")
@click.option("--wait", is_flag=True, help="If the server isn't there, wait for it.")
@click.option("--finish", "finishing", is_flag=True, help="Complete OUT.parquet after a recording that was cut off.")
@access_options
def command(
    out: Path,
    symbols: str,
    duration: str | None,
    channel: str,
    url: str,
    overwrite: bool,
    wait: bool,
    finishing: bool,
    key_file: Path | None,
    ca: Path | None,
) -> int:
    """Record a running server's trades and quotes into OUT, a .csv or .parquet file.

    It ends after --for, with Ctrl-C, or when the feed has ended. `ticker serve OUT` plays it: the same ticks. A
    recording that is killed has all but the last second: OUT.csv as it is, OUT.parquet in OUT.parquet.part.csv.

    \b
    ticker record today.csv
    ticker record aapl.parquet --symbols AAPL,MSFT --for 10m
    """
    from ticker.cli.record.parquet import finish
    from ticker.cli.record.run import Request, prepare, record
    from ticker.cli.stopping import run
    from ticker.timeparse import duration_ns

    if out.suffix not in _ENDINGS:
        raise Failure(f"{out}: a recording ends with {' or '.join(_ENDINGS)}")
    seconds = None
    if duration is not None:
        try:
            seconds = duration_ns(duration) / 1e9
        except ValueError as error:
            raise Failure(f"--for: {error}") from error
    request = Request(
        target=out,
        symbols=[name for name in symbols.split(",") if name] or ["*"],
        channels=("trades", "quotes") if channel == "both" else (channel,),
        url=url,
        seconds=seconds,
        overwrite=overwrite,
        wait=wait,
        key=key_of(key_file),
        ssl=trust(ca),
    )
    if finishing:
        if not request.is_parquet or not request.journal.exists():
            raise Failure(f"there is no {request.journal} to complete")
        rows = finish(request.journal, out)
        click.echo(f"ticker: {out}: {rows:,} rows", err=True)
        return 0
    prepare(request)
    return run(lambda stop: record(request, stop))

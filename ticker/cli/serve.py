"""``ticker serve``: builds the feed, and runs the service until it is stopped."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.failure import Failure, cannot_listen
from ticker.cli.feed_params import FeedCommand, given_options
from ticker.cli.logs import LEVELS, logging_to_stderr
from ticker.cli.numbers import AMOUNT

if TYPE_CHECKING:
    from ticker.cli.stopping import Stop
    from ticker.feed import Feed
    from ticker.server import Settings

F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger("ticker.cli")


def _option(name: str, **more: Any) -> Callable[[F], F]:
    """An option of the server, with its variable of the environment."""
    variable = "TICKER_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, show_default=True, **more)


@click.command("serve", cls=FeedCommand, files_feed="csv")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@_option(
    "--feed",
    default="random-walk",
    metavar="NAME",
    help="Where the prices come from; see `ticker feeds`. With FILEs it is csv.",
)
@_option(
    "--host",
    default="127.0.0.1",
    help="The address to listen on; 0.0.0.0 lets other machines in, and takes --no-auth.",
)
@_option(
    "--no-auth",
    is_flag=True,
    help="Let anybody in who reaches the server. Without it, it listens on this machine's own addresses alone.",
)
@_option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="A site whose pages may connect, as https://prices.example; * is any. The server's own always may.",
)
@_option(
    "--port",
    default=8000,
    type=click.IntRange(0, 65_535),
    metavar="NUMBER",
    help="The port to listen on; 0 takes any free one.",
)
@_option(
    "--heartbeat",
    default=10.0,
    type=AMOUNT,
    metavar="SECONDS",
    help="Seconds of silence after which clients get a sign of life.",
)
@_option(
    "--max-symbols",
    default=10_000,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Symbols that a client may watch on one channel.",
)
@_option(
    "--max-message-bytes",
    default=65_536,
    type=click.IntRange(1_024),
    metavar="NUMBER",
    help="A client's message that is larger closes its connection.",
)
@_option(
    "--max-connections",
    default=20_000,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Clients in all.",
)
@_option(
    "--max-connections-per-address",
    default=1_000,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Clients from one address, but this machine's own.",
)
@_option(
    "--max-messages-per-second",
    default=100,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Messages that a client may send for long; ten times as many at once.",
)
@_option(
    "--slow-timeout",
    default=30,
    type=click.IntRange(1),
    metavar="SECONDS",
    help="A client that takes nothing for so long is closed.",
)
@_option(
    "--idle-timeout",
    default=300,
    type=click.IntRange(1),
    metavar="SECONDS",
    help="A client that watches nothing, and says nothing, for so long is closed.",
)
@_option(
    "--ring-ticks",
    default=65_536,
    type=click.IntRange(1_024, 2**24),
    metavar="NUMBER",
    help="Trades, and as many quotes, kept for clients that are late.",
)
@_option("--log-level", default="info", type=click.Choice(LEVELS), help="What is logged on stderr.")
def command(**params: Any) -> int:
    """Serve live prices to browsers, scripts and terminals: those of files, or of a simulated market.

    \b
    ticker serve                                a simulated market of 100 symbols
    ticker serve --symbols AAPL,MSFT --seed 7   two of them, the same each time
    ticker serve day.csv --speed 60             a file of market data, an hour a minute
    """
    from ticker.cli.allocator import give_back
    from ticker.cli.descriptors import allow_many
    from ticker.cli.stopping import run
    from ticker.messages import Limits
    from ticker.server import Settings
    from ticker.server.door import is_own

    if not (params["no_auth"] or is_own(params["host"])):
        raise Failure(
            f"{params['host']} lets other machines in, and nothing asks them who they are: "
            "say --no-auth if anybody may read these prices, or leave --host away"
        )
    settings = Settings(
        host=params["host"],
        port=params["port"],
        heartbeat_s=params["heartbeat"],
        limits=Limits(
            symbols=params["max_symbols"],
            message_bytes=params["max_message_bytes"],
            messages_per_second=params["max_messages_per_second"],
            messages_at_once=10 * params["max_messages_per_second"],
            slow_seconds=params["slow_timeout"],
            idle_seconds=params["idle_timeout"],
            connections=params["max_connections"],
            connections_per_address=params["max_connections_per_address"],
        ),
        allowed_origins=frozenset(params["allow_origin"]),
        ring_ticks=params["ring_ticks"],
    )
    name = params["feed"]
    with logging_to_stderr(params["log_level"]):
        feed = _build(name, given_options(params))
        give_back()
        allow_many()

        async def serve(stop: Stop) -> int:
            return await _serve(feed, name, settings, stop)

        return run(serve)


def _build(name: str, given: dict[str, object]) -> Feed:
    from ticker.cli.loading import LoadingBar
    from ticker.errors import FeedError
    from ticker.feed import LoadingFeed, feed_class, feed_options

    feed: Any = feed_class(name)
    try:
        options = feed_options(feed, given)
        if not isinstance(feed, LoadingFeed):
            return feed(options)  # type: ignore[no-any-return]  # a protocol can't state its constructor
        with LoadingBar.on(sys.stderr) as bar:
            return feed.loading(options, bar.show)
    except FeedError as error:
        raise Failure(f"the feed {name}: {error}") from error


async def _serve(feed: Feed, name: str, settings: Settings, stop: Stop) -> int:
    from ticker.cli.banner import banner, how_called
    from ticker.feed import ReplayFeed
    from ticker.server import Service

    service = Service(feed, name, settings)
    try:
        await service.start()
    except OSError as error:
        raise cannot_listen(settings.host, settings.port, error) from error
    try:
        replay = feed.replay if isinstance(feed, ReplayFeed) else None
        banner(service.url, name, feed.info, how_called(), replay).write(sys.stdout)
        await stop.wait()
        log.info("stopping")
    finally:
        await service.stop()
    return stop.status

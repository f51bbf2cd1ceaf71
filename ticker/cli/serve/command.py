"""``ticker serve``: builds the feed, and runs the service until it is stopped."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.failure import Failure, cannot_listen
from ticker.cli.feed_params import FeedCommand, given_options
from ticker.cli.logs import FORMATS, LEVELS, logging_to_stderr
from ticker.cli.numbers import AMOUNT
from ticker.errors import TlsError

if TYPE_CHECKING:
    from ticker.auth.tokens import TokenVerifier
    from ticker.cli.stopping import Stop
    from ticker.feed.feed import Feed
    from ticker.server import Service, Settings

F = TypeVar("F", bound=Callable[..., Any])
log = logging.getLogger("ticker.cli")
#: Fewer clients than anybody would expect.
_FEW = 1_000
_PATH: Any = click.Path(path_type=Path, dir_okay=False)


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
    help="The address to listen on; 0.0.0.0 lets other machines in, and takes --keys, --jwt-key or --no-auth.",
)
@_option(
    "--keys",
    type=_PATH,
    metavar="FILE",
    help="Let in who shows a key of this file; `ticker keys` makes it, and changes are taken at once.",
)
@_option(
    "--jwt-key",
    type=_PATH,
    metavar="FILE",
    help="Let in who shows a JSON Web Token that this secret, public key (PEM) or JWKS checks. Needs the extra `auth`.",
)
@_option("--jwt-audience", default="ticker", metavar="NAME", help="The `aud` that tokens must have.")
@_option("--jwt-issuer", metavar="NAME", help="The `iss` that tokens must have; without it, any.")
@_option(
    "--no-auth",
    is_flag=True,
    help="Let anybody in who reaches the server. Without it or keys, it listens on this machine's own addresses alone.",
)
@_option(
    "--tls-cert",
    type=_PATH,
    metavar="FILE",
    help="Encrypt, with this certificate and its chain (PEM); SIGHUP reads it anew. `ticker cert` makes one to try.",
)
@_option("--tls-key", type=_PATH, metavar="FILE", help="The certificate's key, if it isn't in the same file.")
@_option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep alerts, what fired and what was said in rooms in this folder; without it, that ends with the server.",
)
@_option(
    "--webhook",
    metavar="URL",
    help="POST what fires to this address too, signed with --webhook-secret, for up to an hour until it is taken.",
)
@_option("--webhook-secret", type=_PATH, metavar="FILE", help="The secret that signs it: 16 characters or more.")
@_option(
    "--trusted-proxy",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy (or a network of them, 10.0.0.0/8) whose X-Forwarded-For, -Proto and -Host are believed.",
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
    "--max-frame-bytes",
    default=1_048_576,
    # The Python client takes twice as much.
    type=click.IntRange(16_384, 2**21),
    metavar="NUMBER",
    help="Of a frame to a client; a larger snapshot goes out in parts.",
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
    "--max-connections-per-key",
    default=1_000,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Clients with one key, or one token's `sub`, that says no other number (`ticker keys add --connections`).",
)
@_option(
    "--max-attempts-per-minute",
    default=10,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Wrong keys from one address before its attempts are refused.",
)
@_option(
    "--max-depth",
    default=32,
    type=click.IntRange(2, 256),
    metavar="NUMBER",
    help="Objects and lists in each other, in a client's message.",
)
@_option(
    "--max-header-bytes",
    default=8_190,
    type=click.IntRange(1_024),
    metavar="NUMBER",
    help="Of a request's line, and of each of its headers.",
)
@_option(
    "--max-memory",
    type=click.IntRange(64),
    metavar="MIB",
    help="With more in memory, no new clients.  [default: half of the machine's]",
)
@_option(
    "--max-messages-per-second",
    default=100,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Messages that a client may send for long; ten times as many at once.",
)
@_option(
    "--max-alerts",
    default=200,
    type=click.IntRange(0, 10_000),
    metavar="NUMBER",
    help="Alerts of one owner; 0: nobody has any.",
)
@_option(
    "--max-rooms",
    default=20,
    type=click.IntRange(0, 1_000),
    metavar="NUMBER",
    help="Rooms of the chat that a client may be in; 0: there are none.",
)
@_option(
    "--max-room-members",
    default=500,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Clients in one room.",
)
@_option(
    "--max-text-chars",
    default=2_000,
    type=click.IntRange(1, 10_000),
    metavar="NUMBER",
    help="Characters of what is said in a room, and of a notice.",
)
@_option(
    "--max-says-per-minute",
    default=30,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="What a client may say in a minute, in all its rooms; a third of it at once.",
)
@_option(
    "--handshake-timeout",
    default=10,
    type=click.IntRange(1),
    metavar="SECONDS",
    help="How long a request's head, and a TLS handshake, may take.",
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
@_option(
    "--compress",
    is_flag=True,
    help="Compress for clients that ask for it (RFC 7692): JSON to a third, msgpack to less than a half. 3 KiB take "
    "15 µs, once for all clients that watch the same: so once for each, where each has symbols of its own.",
)
@_option("--log-level", default="info", type=click.Choice(LEVELS), help="What is logged on stderr.")
@_option("--log-format", default="text", type=click.Choice(FORMATS), help="As lines for people, or JSON for programs.")
def command(**params: Any) -> int:
    """Serve live prices to browsers, scripts and terminals: those of files, or of a simulated market.

    \b
    ticker serve                                a simulated market of 100 symbols
    ticker serve --symbols AAPL,MSFT --seed 7   two of them, the same each time
    ticker serve day.csv --speed 60             a file of market data, an hour a minute
    """
    from ticker.cli.serve import malloc
    from ticker.cli.serve.ulimit import raise_open_files
    from ticker.cli.stopping import run
    from ticker.server import Settings
    from ticker.server.core.localhost import is_own
    from ticker.server.middleware.proxy import networks
    from ticker.wire.limits import Limits

    if not (params["no_auth"] or params["keys"] or params["jwt_key"] or is_own(params["host"])):
        raise Failure(
            f"{params['host']} lets other machines in, and nothing asks them who they are: make a key with "
            "`ticker keys add NAME` and say --keys ticker-keys.json, or say --no-auth if anybody may read these prices"
        )
    if params["no_auth"] and (params["keys"] or params["jwt_key"]):
        raise Failure("--no-auth lets anybody in, and --keys or --jwt-key doesn't: say one of them")
    if params["tls_key"] and not params["tls_cert"]:
        raise Failure("--tls-key: a key without its certificate; say --tls-cert too")
    if (params["webhook"] is None) != (params["webhook_secret"] is None):
        raise Failure("--webhook and --webhook-secret: what is sent is signed, so say both")
    try:
        proxies = networks(params["trusted_proxy"])
    except ValueError as error:
        raise Failure(f"--trusted-proxy: {error}") from error
    malloc.tune()
    connections = min(params["max_connections"], _room(raise_open_files()))
    settings = Settings(
        host=params["host"],
        port=params["port"],
        heartbeat_s=params["heartbeat"],
        limits=Limits(
            symbols=params["max_symbols"],
            message_bytes=params["max_message_bytes"],
            frame_bytes=params["max_frame_bytes"],
            messages_per_second=params["max_messages_per_second"],
            messages_at_once=10 * params["max_messages_per_second"],
            slow_seconds=params["slow_timeout"],
            idle_seconds=params["idle_timeout"],
            connections=connections,
            connections_per_address=params["max_connections_per_address"],
            connections_per_key=params["max_connections_per_key"],
            depth=params["max_depth"],
            attempts_per_minute=params["max_attempts_per_minute"],
            header_bytes=params["max_header_bytes"],
            handshake_seconds=params["handshake_timeout"],
            memory_bytes=_memory_bytes(params["max_memory"]),
            alerts=params["max_alerts"],
            rooms=params["max_rooms"],
            room_members=params["max_room_members"],
            text_chars=params["max_text_chars"],
            says_per_minute=params["max_says_per_minute"],
        ),
        allowed_origins=frozenset(map(_origin, params["allow_origin"])),
        keys=params["keys"],
        tokens=_verifier(params["jwt_key"], params["jwt_audience"], params["jwt_issuer"]),
        proxies=proxies,
        tls_cert=params["tls_cert"],
        tls_key=params["tls_key"],
        ring_ticks=params["ring_ticks"],
        compress=params["compress"],
        state=params["state"],
        webhook=params["webhook"],
        webhook_secret=params["webhook_secret"],
    )
    name = params["feed"]
    with logging_to_stderr(params["log_level"], params["log_format"]):
        feed = _build(name, given_options(params))
        if connections < min(params["max_connections"], _FEW):
            log.warning("there are descriptors for %d clients alone; `ulimit -n` says how many", connections)

        async def serve(stop: Stop) -> int:
            return await _serve(feed, name, settings, stop)

        return run(serve)


def _verifier(path: Path | None, audience: str, issuer: str | None) -> TokenVerifier | None:
    from ticker.auth.tokens import TokenVerifier

    return None if path is None else TokenVerifier(path, audience, issuer)


def _origin(text: str) -> str:
    """As browsers say it: without a path, and in small letters. What they never say would let nobody in."""
    found = re.fullmatch(r"(\*|https?://[^\s/?#@]+)/?", text.lower())
    if found is None:
        raise Failure(f"--allow-origin: say https://prices.example, or * for any, not {text!r:.80}")
    return found[1]


def _memory_bytes(mib: int | None) -> int:
    from ticker.server.connections.memory import installed_bytes
    from ticker.wire.limits import Limits

    if mib is not None:
        return mib * 2**20
    installed = installed_bytes()
    return Limits().memory_bytes if installed is None else installed // 2


def _room(descriptors: int | None) -> int:
    """For how many clients there are descriptors, besides what the server itself and short requests need."""
    return 2**31 if descriptors is None else max(1, descriptors - min(100, descriptors // 4))


def _build(name: str, given: dict[str, object]) -> Feed:
    from ticker.cli.loading import LoadingBar
    from ticker.errors import FeedError
    from ticker.feed.feed import LoadingFeed, feed_class, feed_options

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
    from ticker.cli.serve import gc
    from ticker.cli.serve.banner import banner, how_called
    from ticker.feed.feed import ReplayFeed
    from ticker.server import Service

    service = Service(feed, name, settings)
    try:
        await service.start()
    except OSError as error:
        raise cannot_listen(settings.host, settings.port, error) from error
    try:
        replay = feed.replay if isinstance(feed, ReplayFeed) else None
        banner(service.url, name, feed.info, how_called(), replay).write(sys.stdout)
        _reload_on_hangup(service)
        gc.tune()
        await stop.wait()
        log.info("stopping")
    finally:
        await service.stop()
    return stop.status


def _reload_on_hangup(service: Service) -> None:
    """SIGHUP, where there is such a thing, has the certificate read anew."""
    import asyncio
    import signal

    number = getattr(signal, "SIGHUP", None)
    if number is None:
        return

    def reload() -> None:
        try:
            service.reload()
        except TlsError as error:
            log.error("SIGHUP: %s; the certificate of before holds", error)
        else:
            log.info("SIGHUP: the certificate was read again")

    asyncio.get_running_loop().add_signal_handler(number, reload)

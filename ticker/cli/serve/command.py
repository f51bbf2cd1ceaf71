"""``ticker serve``: builds the feed, and runs the service until it is stopped.

Its options are in ``ticker.cli.server_options``.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click

from ticker.cli.failure import Failure, cannot_listen, drop_output
from ticker.cli.feed_params import given_options
from ticker.cli.logs import logging_to_stderr
from ticker.cli.serve.config import ConfigCommand, config_of
from ticker.cli.server_options import SECTIONS
from ticker.errors import TlsError
from ticker.timeparse import duration_ns
from ticker.wire.limits import LIMITS, Limits

if TYPE_CHECKING:
    from ticker.cli.stopping import Stop
    from ticker.feed.feed import Feed
    from ticker.server import Service, Settings

log = logging.getLogger("ticker.cli")
#: The feed that replays the command's FILEs.
FILES_FEED = "csv"
#: With fewer open files than this a warning is logged.
_FEW = 1_000


@click.command(
    "serve",
    cls=ConfigCommand,
    files_feed=FILES_FEED,
    sections=SECTIONS,
    epilog="Each option can be set in the environment: --max-symbols is TICKER_MAX_SYMBOLS. The command line takes "
    "precedence over the environment, and the environment over --config.",
)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(readable=False))
def command(**params: Any) -> int:
    """Stream prices to browsers, scripts and terminals. With FILEs, it replays them (the feed csv).

    \b
    ticker serve                                100 simulated symbols
    ticker serve --symbols AAPL,MSFT --seed 7   2 symbols, the same prices in each run
    ticker serve day.csv --speed 60             a file of market data, at 60 times its pace
    """
    from ticker.cli.serve import malloc
    from ticker.cli.serve.ulimit import raise_open_files
    from ticker.cli.stopping import run

    _check(params)
    malloc.tune()
    connections = min(params["max_connections"], _connections_for(raise_open_files()))
    name = params["feed"]
    with logging_to_stderr(params["log_level"], params["log_format"]):
        settings = _settings(params, connections)
        feed = _build(name, params)
        files = given_options(params).get("path", ()) if name == FILES_FEED else ()
        if connections < min(params["max_connections"], _FEW):
            log.warning("the limit of open files (`ulimit -n`) allows only %d connections", connections)

        async def serve(stop: Stop) -> int:
            return await _serve(feed, name, settings, files, stop)

        return run(serve)


def _check(params: dict[str, Any]) -> None:
    """Reject options that contradict each other. Raises ``Failure``."""
    from ticker.server.core.address import is_loopback

    authenticates = params["keys"] or params["jwt_key"]
    if not (params["no_auth"] or authenticates or is_loopback(params["host"])):
        raise Failure(
            f"--host {params['host']} accepts other machines and needs authentication: create a key with "
            "`ticker keys add NAME` and use --keys ticker-keys.json, or disable authentication with --no-auth"
        )
    if params["no_auth"] and authenticates:
        raise Failure("--no-auth excludes --keys and --jwt-key")
    if params["tls_key"] and not params["tls_cert"]:
        raise Failure("--tls-key needs --tls-cert")
    if (params["webhook"] is None) != (params["webhook_secret"] is None):
        raise Failure("--webhook and --webhook-secret must be set together: webhooks are signed")


def _settings(params: dict[str, Any], connections: int) -> Settings:
    from ticker.auth.tokens import TokenVerifier
    from ticker.server import Settings

    key = params["jwt_key"]
    # Most settings are options of the same name.
    return Settings(
        **{name: params[name] for name in Settings.__dataclass_fields__ if name in params},
        heartbeat_s=params["heartbeat"],
        late_ns=duration_ns(params["late"]),
        limits=_limits(params, connections),
        allowed_origins=frozenset(params["allow_origin"]),
        proxies=params["trusted_proxy"],
        tokens=None if key is None else TokenVerifier(key, params["jwt_audience"], params["jwt_issuer"]),
    )


def _limits(params: dict[str, Any], connections: int) -> Limits:
    from ticker.server.connections.memory import installed_bytes

    values: dict[str, Any] = {"memory_bytes": (installed_bytes() or 2 * Limits().memory_bytes) // 2}
    for name, limit in LIMITS.items():
        if limit.option and (value := params[limit.option[2:].replace("-", "_")]) is not None:
            values[name] = value * limit.factor
    values["messages_at_once"] = 10 * values["messages_per_second"]
    return Limits(**{**values, "connections": connections})


def _connections_for(descriptors: int | None) -> int:
    """The number of connections that the limit of open files allows, less what the server and short requests need."""
    return 2**31 if descriptors is None else max(1, descriptors - min(100, descriptors // 4))


def _build(name: str, params: dict[str, Any]) -> Feed:
    from ticker.cli.loading import LoadingBar
    from ticker.errors import FeedError
    from ticker.feed.feed import LoadingFeed, feed_class, feed_options

    feed: Any = feed_class(name)
    try:
        options = feed_options(feed, given_options(params))
        if not isinstance(feed, LoadingFeed):
            return feed(options)  # type: ignore[no-any-return]  # a protocol can't state its constructor
        with LoadingBar.on(sys.stderr) as bar:
            return feed.loading(options, bar.show)
    except FeedError as error:
        raise Failure(f"{config_of(error)}the feed {name}: {error}") from error


async def _serve(feed: Feed, name: str, settings: Settings, files: Any, stop: Stop) -> int:
    from ticker.cli.serve import gc
    from ticker.cli.serve.banner import banner, shell_command
    from ticker.feed.feed import ReplayFeed
    from ticker.server import Service

    service = Service(feed, name, settings)
    try:
        await service.start()
    except OSError as error:
        raise cannot_listen(settings.host, settings.port, error) from error
    try:
        replay = feed.replay if isinstance(feed, ReplayFeed) else None
        try:
            banner(service.url, name, feed.info, shell_command(), replay, files).write(sys.stdout)
        except OSError as error:
            # The server does not need its output, and its operator may not read it.
            drop_output()
            log.warning("%s: %s; the server listens on %s", error.filename, error.strerror, service.url)
        _reload_on_hangup(service)
        gc.tune()
        await stop.wait()
        log.info("stopping")
    finally:
        await service.stop()
    return stop.status


def _reload_on_hangup(service: Service) -> None:
    """Reload the certificate on SIGHUP, where the system has that signal."""
    import asyncio
    import signal

    number = getattr(signal, "SIGHUP", None)
    if number is None:
        return

    def reload() -> None:
        try:
            service.reload()
        except TlsError as error:
            log.error("SIGHUP: %s; the previous certificate stays in use", error)
        else:
            log.info("SIGHUP: certificate reloaded")

    asyncio.get_running_loop().add_signal_handler(number, reload)

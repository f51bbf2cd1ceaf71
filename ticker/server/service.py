"""The service: a feed, the hub, its clock and an HTTP server, started and stopped together."""

from __future__ import annotations

import asyncio
import logging
import time

from aiohttp import web

from ticker.auth.authenticator import Authenticator
from ticker.feed.feed import Feed
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.model import FeedEvent
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.connections.takeover import check_aiohttp
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.metronome import Metronome
from ticker.server.core.requests import BODY_TIMEOUT_S
from ticker.server.core.responses import answer_errors, name_server
from ticker.server.core.settings import Settings
from ticker.server.http.alerts import AlertsEndpoint
from ticker.server.http.bars import BarsEndpoint
from ticker.server.http.clients import ClientsEndpoint
from ticker.server.http.dashboard import Dashboard
from ticker.server.http.feed import FeedEndpoint
from ticker.server.http.health import HealthEndpoint
from ticker.server.http.notices import NoticesEndpoint
from ticker.server.http.poll import PollEndpoint
from ticker.server.http.prices import PricesEndpoint
from ticker.server.http.replay import ReplayEndpoint
from ticker.server.http.rooms import RoomsEndpoint
from ticker.server.http.sse import EventsEndpoint
from ticker.server.listener import Listener
from ticker.server.log_filter import LogFilter
from ticker.server.metrics import MetricsEndpoint
from ticker.server.middleware.auth import Authentication
from ticker.server.middleware.budget import RequestBudget
from ticker.server.middleware.login import LoginEndpoint
from ticker.server.middleware.login_throttle import LoginThrottle
from ticker.server.middleware.origin import check_origin
from ticker.server.middleware.proxy import trust_proxy_headers
from ticker.server.op_handlers import OpHandlers
from ticker.server.tls import Tls
from ticker.server.websocket.endpoint import WebSocketEndpoint

log = logging.getLogger("ticker.server")

#: How long the feed may take to end when the server stops, and then, after the clients, the disk.
FEED_S = 0.75
STATE_S = 0.25
#: The notice that clients get before they are closed.
STOPPING = "the server is stopping; it may be back in a moment"
#: How long the unread rest of a request is read after its response, so that the response isn't lost.
LINGER_S = 1.0


class Service:
    """A running ticker server. ``start`` and ``stop`` are called once each, on the same event loop.

    Raises ``KeysError``, ``TlsError``, ``WebhookError`` or ``StateError`` for invalid settings, and ``TickerError``
    for a version of aiohttp that can't be used.
    """

    def __init__(self, feed: Feed, feed_name: str, settings: Settings | None = None) -> None:
        check_aiohttp()
        self.settings = settings or Settings()
        self.feed = feed
        self.feed_name = feed_name
        info = feed.info
        cert, key = self.settings.tls_cert, self.settings.tls_key
        self._tls = None if cert is None else Tls(cert, key)
        self._auth = Authenticator(self.settings.keys, self.settings.tokens)
        self.op_handlers = OpHandlers(self.settings, self._auth)
        alerts, rooms = self.op_handlers.alerts, self.op_handlers.rooms
        self.hub = Hub(
            info.symbols.names,
            complete=info.complete,
            epoch=info.epoch,
            limits=self.settings.limits,
            heartbeat_s=self.settings.heartbeat_s,
            ring_ticks=self.settings.ring_ticks,
            feed_state=lambda: self.pump.state(),
            op_handlers=(alerts, rooms),
            observer=alerts,
            calendar=info.calendar,
            calendars=info.calendars,
            late_ns=self.settings.late_ns,
            negative_prices=info.negative_prices,
        )
        alerts.watch(self.hub)
        self.pump = Pump(feed, self._publish)
        advance = None if info.watermarks else self._advance
        self._metronome = Metronome(self.hub, collect=self.pump.collect, attend=self.pump.attend, advance=advance)
        self._dispatcher = Dispatcher(self.hub, self._metronome)
        self.registry = ConnectionRegistry(self.hub, self._dispatcher, self.settings, self._auth)
        self._log_filter = LogFilter()
        self.port = self.settings.port
        self._runner: web.AppRunner | None = None
        self._pumping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The server's address, with the port that was taken."""
        host = self.settings.host
        # A server on all addresses is reached at the loopback address.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"{'http' if self._tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def application(self) -> web.Application:
        """The service as an aiohttp application, for use in another server. It starts and stops the feed too.

        It can run once. ``start`` runs it in a server of its own.
        """
        settings, hub, registry = self.settings, self.hub, self.registry
        limits = settings.limits
        throttle = LoginThrottle(limits.attempts_per_minute, limits.attempts_per_minute)
        authentication = Authentication(self._auth, throttle, hub.errors)
        app = web.Application(
            middlewares=[  # from the outermost to the innermost
                answer_errors(hub.errors),
                trust_proxy_headers(settings.proxies),
                check_origin(settings.allowed_origins),
                authentication.middleware,
                RequestBudget(registry.budgets, registry.turns).middleware,
            ]
        )
        app[BODY_TIMEOUT_S] = float(limits.handshake_seconds)
        for endpoint in (
            LoginEndpoint(self._auth, authentication),
            WebSocketEndpoint(registry),
            EventsEndpoint(hub, registry, self._dispatcher),
            PollEndpoint(hub, registry, self._dispatcher),
            HealthEndpoint(hub, self.feed_name, self.pump, self._problems),
            FeedEndpoint(self.feed_name, self.pump),
            PricesEndpoint(hub, self.feed, registry.check_memory),
            BarsEndpoint(hub, registry.check_memory),
            ClientsEndpoint(registry),
            NoticesEndpoint(hub, self._dispatcher),
            AlertsEndpoint(self.op_handlers.alerts),
            RoomsEndpoint(self.op_handlers.rooms),
            MetricsEndpoint(hub, self.pump, registry, self.op_handlers, self._metronome),
            ReplayEndpoint(self.feed),
            Dashboard(hub, self.feed_name, self.pump),
        ):
            app.add_routes(endpoint.routes())
        app.on_response_prepare.append(name_server)
        app.on_startup.append(self._on_startup)
        app.on_shutdown.append(self._on_shutdown)
        return app

    async def start(self) -> None:
        """Start listening, and the feed. Raises ``OSError`` if the address is not available."""
        limits = self.settings.limits
        self._log_filter.install(asyncio.get_running_loop())
        self._runner = web.AppRunner(
            self.application(),
            access_log=None,
            handle_signals=False,
            logger=self._log_filter.logger,
            # The only time limit on incomplete request headers; aiohttp's default is an hour.
            keepalive_timeout=limits.handshake_seconds,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            # Compressed bodies would evade the limits on size.
            auto_decompress=False,
            lingering_time=LINGER_S,
            # A client that disconnects ends its poll.
            handler_cancellation=True,
            shutdown_timeout=0.25,
        )
        await self._runner.setup()
        try:
            address = self.settings.host, self.settings.port
            context = None if self._tls is None else self._tls.context
            times_s = limits.handshake_seconds, limits.slow_seconds
            await Listener(self._runner, address, context, *times_s, self.hub.errors).start()
        except OSError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    def reload(self) -> None:
        """Reload the certificate for new connections. Raises ``TlsError``; the previous one then stays in use."""
        if self._tls is not None:
            self._tls.read()

    def _problems(self) -> list[str]:
        return [*self.registry.problems(), *self._log_filter.problems(), *self.op_handlers.problems()]

    async def stop(self) -> None:
        """Stop the feed, close clients with 1012 and release the port, within two seconds even if something hangs."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _on_startup(self, _app: web.Application) -> None:
        self.op_handlers.start(self._metronome.check)
        self._metronome.start()
        self.registry.start()
        self._pumping = asyncio.create_task(self.pump.run(), name="feed")
        self._pumping.add_done_callback(_report)

    async def _on_shutdown(self, _app: web.Application) -> None:
        if self._pumping is not None:
            self._pumping.cancel()
            # Feeds may be third-party code, and one that swallows its cancellation must not block the shutdown.
            await asyncio.wait([self._pumping], timeout=FEED_S)
        self.hub.notify(STOPPING[: self.settings.limits.text_chars], "server", time.time_ns())
        await self.registry.stop(self.settings.stop_clients_s)
        self._metronome.stop()
        await self.op_handlers.stop(STATE_S)

    def _advance(self) -> None:
        self._dispatcher.advance(goes_on=self.pump.state().state not in ("stale", "paused"))

    def _publish(self, event: FeedEvent) -> None:
        self.hub.complete = self.feed.info.complete
        self._dispatcher.publish(event)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the feed's task failed; no more ticks will come", exc_info=error)

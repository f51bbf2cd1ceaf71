"""The service: a feed, a hub, its clock and an HTTP server, started and stopped together."""

from __future__ import annotations

import asyncio
import logging
import time

from aiohttp import web

from ticker.auth.authenticator import Authenticator
from ticker.feed.feed import AttentiveFeed, Feed, ReplayFeed
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.model import FeedEvent
from ticker.server.connections.registry import Clients
from ticker.server.core.metronome import Metronome
from ticker.server.core.responses import BODY_S, HttpEndpoints, counts_errors
from ticker.server.core.settings import Settings
from ticker.server.http.bars import BarsEndpoint
from ticker.server.http.clients import ClientsEndpoint
from ticker.server.http.dashboard import Page
from ticker.server.http.notices import NoticesEndpoint
from ticker.server.http.poll import PollEndpoint
from ticker.server.http.replay import ReplayEndpoint
from ticker.server.http.sse import EventsEndpoint
from ticker.server.listener import Site
from ticker.server.log_filter import Troubles
from ticker.server.metrics import MetricsEndpoint
from ticker.server.middleware.auth import Guard
from ticker.server.middleware.login_throttle import Attempts
from ticker.server.middleware.origin import checks_origin
from ticker.server.middleware.proxy import behind
from ticker.server.op_handlers import Desks
from ticker.server.tls import Tls
from ticker.server.websocket.endpoint import WebSocketEndpoint

log = logging.getLogger("ticker.server")

#: How long the feed may take to end when the server stops. Clients then get ``Settings.stop_clients_s``.
FEED_S = 0.75
#: What the disk may take then.
STATE_S = 0.25
#: What clients are told before they are closed.
STOPPING = "the server is stopping; it may be back in a moment"
#: What a request has beyond what was read of it may take.
LINGER_S = 1.0


class Service:
    """One running ticker. ``start`` and ``stop`` are called once each, on the same event loop.

    Raises ``KeysError``, ``TlsError``, ``WebhookError`` or ``StateError`` for what of the settings can't be used.
    """

    def __init__(self, feed: Feed, feed_name: str, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.feed = feed
        self.feed_name = feed_name
        info = feed.info
        cert, key = self.settings.tls_cert, self.settings.tls_key
        self._tls = None if cert is None else Tls(cert, key)
        self._auth = Authenticator(self.settings.keys, self.settings.tokens)
        self._desks = Desks(self.settings, self._auth)
        self.hub = Hub(
            info.symbols.names,
            complete=info.complete,
            epoch=info.epoch,
            limits=self.settings.limits,
            heartbeat_s=self.settings.heartbeat_s,
            ring_ticks=self.settings.ring_ticks,
            feed_state=lambda: self.pump.state(),
            op_handlers=(self._desks.alerts, self._desks.rooms),
            observer=self._desks.alerts,
        )
        self._desks.watch(self.hub)
        attend = feed.attend if isinstance(feed, AttentiveFeed) else None
        self._metronome = Metronome(self.hub, goes_on=None if info.watermarks else self._goes_on, attend=attend)
        self._clients = Clients(self.hub, self._metronome, self.settings, self._auth)
        self._troubles = Troubles()
        self.pump = Pump(feed, self._publish)
        self.port = self.settings.port
        self._runner: web.AppRunner | None = None
        self._pumping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address, with the port that was really taken."""
        host = self.settings.host
        # A server on all addresses is reached at this machine's own.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - told apart, not bound
        return f"{'http' if self._tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def application(self) -> web.Application:
        """The service as an aiohttp application, whose start and shutdown are the feed's and the clock's too.

        For those who run it in a server of their own; ``start`` does that here. It can be run once.
        """
        settings, hub, clock, clients = self.settings, self.hub, self._metronome, self._clients
        limits = settings.limits
        guard = Guard(self._auth, Attempts(limits.attempts_per_minute, limits.attempts_per_minute), hub.errors)
        app = web.Application(
            # From the outside to the inside: what is answered, who it is that asks, then whether a page of another
            # site does, then whether it is somebody who may.
            middlewares=[
                counts_errors(hub.errors),
                behind(settings.proxies),
                checks_origin(settings.allowed_origins),
                guard.middleware(),
            ]
        )
        app[BODY_S] = float(limits.handshake_seconds)
        about = (hub, self.feed_name, lambda: self.feed.info, self.pump.state)
        replays = isinstance(self.feed, ReplayFeed)
        polls = PollEndpoint(hub, clients, clock)
        for part in (
            guard,
            WebSocketEndpoint(clients, settings),
            EventsEndpoint(hub, clients, clock, settings),
            polls,
            HttpEndpoints(*about, replays=replays, problems=self._problems, full=clients.full),
            BarsEndpoint(hub, clients.full),
            ClientsEndpoint(clients, polls.waiting),
            NoticesEndpoint(hub, clock),
            MetricsEndpoint(hub, self.pump.state, clients, self._desks, clock.beats, clock.late),
            ReplayEndpoint(self.feed),
            Page(*about),
        ):
            app.add_routes(part.routes())
        app.on_startup.append(self._on_startup)
        app.on_shutdown.append(self._on_shutdown)
        return app

    async def start(self) -> None:
        """Bind and start the feed. Raises ``OSError`` if the address can't be had."""
        limits = self.settings.limits
        self._troubles.watch(asyncio.get_running_loop())
        self._runner = web.AppRunner(
            self.application(),
            access_log=None,
            handle_signals=False,
            logger=self._troubles.logger,
            # The default of an hour is the only guard of an unfinished request head.
            keepalive_timeout=limits.handshake_seconds,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            # Nobody needs to send us little that turns out to be much.
            auto_decompress=False,
            # What comes after the answer is read for so long, lest the answer be lost with it.
            lingering_time=LINGER_S,
            # Who polls and goes needs no answer.
            handler_cancellation=True,
            shutdown_timeout=0.25,
        )
        await self._runner.setup()
        try:
            context = None if self._tls is None else self._tls.context
            where = self.settings.host, self.settings.port
            await Site(self._runner, *where, context, limits.handshake_seconds, limits.slow_seconds).start()
        except OSError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    def reload(self) -> None:
        """Read the certificate anew, for connections to come. Raises ``TlsError``; then the one of before stays."""
        if self._tls is not None:
            self._tls.read()

    def _problems(self) -> list[str]:
        return [*self._clients.problems(), *self._troubles.problems(), *self._desks.problems()]

    async def stop(self) -> None:
        """Stop the feed, close the clients with 1012, and let go of the port: within two seconds, whoever hangs."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _on_startup(self, _app: web.Application) -> None:
        self._desks.start(self._metronome.check)
        self._metronome.start()
        self._clients.start()
        self._pumping = asyncio.create_task(self.pump.run(), name="feed")
        self._pumping.add_done_callback(_report)

    async def _on_shutdown(self, _app: web.Application) -> None:
        if self._pumping is not None:
            self._pumping.cancel()
            # The feed is third-party code: one that swallows its cancellation must not keep the service.
            await asyncio.wait([self._pumping], timeout=FEED_S)
        self.hub.notify(STOPPING[: self.settings.limits.text_chars], "server", time.time_ns())
        await self._clients.stop(self.settings.stop_clients_s)
        self._metronome.stop()
        await self._desks.stop(STATE_S)

    def _goes_on(self) -> bool:
        return self.pump.state().state not in ("stale", "paused")

    def _publish(self, event: FeedEvent) -> None:
        self.hub.complete = self.feed.info.complete
        self._metronome.publish(event)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the feed's task failed; no more ticks will come", exc_info=error)

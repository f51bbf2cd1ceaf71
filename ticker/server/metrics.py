"""`GET /metrics`, for Prometheus: how the server is, and never who its clients are.

Nothing is counted for it on the way of a price: what there is to count is there already, and read when somebody asks.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

import ticker
from ticker.auth.identity import identity
from ticker.hub.hub import Hub
from ticker.server.core.histogram import Histogram
from ticker.server.core.responses import refusal
from ticker.server.core.webhooks import RESULTS
from ticker.server.op_handlers import Desks
from ticker.wire.messages import FeedState

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from ticker.server.connections.connection import Connection


class Connections(Protocol):
    """Who is connected, and what was counted of those who are and were."""

    @property
    def open(self) -> AbstractSet[Connection]: ...

    @property
    def sent_frames(self) -> int: ...

    @property
    def sent_bytes(self) -> int: ...

    closes: Counter[int]


class MetricsEndpoint:
    """The handler. ``beats``, ``late``: how long beats took, and how much later than planned they came."""

    def __init__(
        self,
        hub: Hub,
        state: Callable[[], FeedState],
        connections: Connections,
        desks: Desks,
        beats: Histogram,
        late: Histogram,
    ) -> None:
        self._hub = hub
        self._state = state
        self._connections = connections
        self._desks = desks
        self._beats = beats
        self._late = late
        self._text: Callable[[], bytes] | None = None
        self._type = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, request: web.Request) -> web.Response:
        if not identity(request).may.admin:
            return refusal(403, "not-entitled", "the metrics are for keys with --admin")
        if self._text is None:
            # The package takes a tenth of a second to import: not while the server starts, nor while it sends.
            await asyncio.to_thread(__import__, "prometheus_client")
            self._prepare()
        assert self._text is not None
        return web.Response(body=self._text(), headers={"Content-Type": self._type, "Cache-Control": "no-store"})

    def _prepare(self) -> None:
        from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
        from prometheus_client.exposition import choose_encoder

        # A registry of its own: other servers of this process, and whoever embeds this one, have theirs.
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        generate, self._type = choose_encoder("")
        self._text = lambda: generate(registry)

    def collect(self) -> Iterator[Metric]:
        """What prometheus-client asks of a collector."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        hub, connections, state = self._hub, self._connections, self._state()
        yield InfoMetricFamily("ticker", "The server.", {"version": ticker.__version__})
        clients = GaugeMetricFamily(
            "ticker_connections", "Clients, by encoding and by the rate they asked for.", labels=("encoding", "rate")
        )
        counted = Counter((session.codec.name, session.rate_hz) for session in hub.sessions)
        for (encoding, rate_hz), count in sorted(counted.items()):
            clients.add_metric((encoding, f"{rate_hz:g}"), count)
        yield clients
        transports = GaugeMetricFamily("ticker_transports", "Clients, by what they speak.", labels=("transport",))
        spoken = Counter(connection.kind for connection in connections.open)
        # Who polls has no connection of the hub's own.
        spoken["poll"] = len(hub.sessions) - spoken.total()
        for kind in ("websocket", "sse", "poll"):
            transports.add_metric((kind,), spoken[kind])
        yield transports
        yield GaugeMetricFamily("ticker_clients_behind", "Subscriptions that wait for their client.", hub.behind)
        yield CounterMetricFamily("ticker_frames", "Frames written to clients.", connections.sent_frames)
        yield CounterMetricFamily("ticker_sent_bytes", "Bytes of these frames.", connections.sent_bytes)
        totals = hub.totals
        yield CounterMetricFamily("ticker_updates", "Changes of a symbol sent to a client.", totals.sent)
        yield CounterMetricFamily("ticker_conflated", "Changes that a later one replaced, unsent.", totals.conflated)
        yield CounterMetricFamily(
            "ticker_skipped_beats", "Beats that found a client busy with what it had.", totals.skipped
        )
        yield CounterMetricFamily("ticker_lagged", "Times that a client fell behind.", totals.lagged)
        yield CounterMetricFamily("ticker_resyncs", "Clients that came back and got what they had missed.", hub.resumed)
        closes = CounterMetricFamily(
            "ticker_closes",
            "Connections that ended (1006: without a close; 3000: one of the client's own).",
            labels=("code",),
        )
        for code, count in sorted(connections.closes.items()):
            closes.add_metric((str(code),), count)
        yield closes
        errors = CounterMetricFamily("ticker_errors", "Errors answered to clients.", labels=("code",))
        for name, count in sorted(hub.errors.items()):
            errors.add_metric((name,), count)
        yield errors
        ticks = CounterMetricFamily("ticker_ticks", "Ticks of the feed, of this epoch.", labels=("kind",))
        board = hub.settle()
        for kind, ring in hub.market.rings.items():
            ticks.add_metric((kind,), ring.head)
        yield ticks
        yield GaugeMetricFamily("ticker_symbols", "Symbols on the board.", len(board.symbols))
        desks = self._desks
        yield GaugeMetricFamily("ticker_alerts", "Alerts, of all owners.", desks.alerts.count)
        yield CounterMetricFamily("ticker_fired", "Alerts that fired.", desks.fired)
        yield GaugeMetricFamily("ticker_rooms", "Rooms that somebody is in.", desks.rooms.rooms)
        yield GaugeMetricFamily("ticker_members", "Clients that are in some room.", desks.rooms.members)
        yield CounterMetricFamily("ticker_said", "What was said in rooms.", desks.rooms.said)
        yield CounterMetricFamily("ticker_notices", "Notices.", hub.notices)
        webhooks = desks.webhooks
        waiting = 0 if webhooks is None else webhooks.waiting
        yield GaugeMetricFamily("ticker_webhooks_waiting", "Webhooks that were not taken yet.", waiting)
        results = CounterMetricFamily("ticker_webhooks", "What became of webhooks.", labels=("result",))
        for name in RESULTS:
            results.add_metric((name,), 0 if webhooks is None else webhooks.results[name])
        yield results
        states = GaugeMetricFamily("ticker_feed_state", "1 for the state that the feed is in.", labels=("state",))
        for name in FeedState.MEANINGS:
            states.add_metric((name,), float(state.state == name))
        yield states
        if state.ts is not None:
            lag_s = time.time() - state.ts / 1e9
            yield GaugeMetricFamily("ticker_feed_lag_seconds", "How old the newest tick is, by its stamp.", lag_s)
        for name, words, found in (
            ("ticker_beat_seconds", "What a beat took, all clients of its rate.", self._beats),
            (
                "ticker_beat_late_seconds",
                "How much later than planned a beat or heartbeat came: the event loop's lag.",
                self._late,
            ),
        ):
            yield HistogramMetricFamily(name, words, buckets=found.buckets(), sum_value=found.sum_s)

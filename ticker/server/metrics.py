"""`GET /metrics`: metrics for Prometheus, for admins. They never name a client.

Nothing is counted for them while prices are sent: the numbers exist anyway and are read when requested.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

import ticker
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.intervals import KEPT
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.core.metronome import Metronome
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import HttpError
from ticker.server.core.webhooks import RESULTS
from ticker.server.op_handlers import OpHandlers
from ticker.wire.messages import FeedState

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class MetricsEndpoint:
    def __init__(
        self, hub: Hub, pump: Pump, registry: ConnectionRegistry, op_handlers: OpHandlers, metronome: Metronome
    ) -> None:
        self._hub = hub
        self._pump = pump
        self._registry = registry
        self._op_handlers = op_handlers
        self._metronome = metronome
        self._text: Callable[[], bytes] | None = None
        self._type = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, request: web.Request) -> web.Response:
        if not request[IDENTITY].may.admin:
            raise HttpError(403, "not-entitled", "metrics need a key with --admin")
        if self._text is None:
            # Takes a tenth of a second: not while the server starts, nor on the event loop.
            await asyncio.to_thread(__import__, "prometheus_client")
            self._prepare()
        assert self._text is not None
        return web.Response(body=self._text(), headers={"Content-Type": self._type, "Cache-Control": "no-store"})

    def _prepare(self) -> None:
        from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
        from prometheus_client.exposition import choose_encoder

        # Its own registry: other servers in this process have theirs.
        registry = CollectorRegistry()
        registry.register(self)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        generate, self._type = choose_encoder("")
        self._text = lambda: generate(registry)

    def collect(self) -> Iterator[Metric]:
        """The interface of a prometheus-client collector."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        def labelled(
            family: type[GaugeMetricFamily | CounterMetricFamily],
            name: str,
            text: str,
            label: str,
            values: Mapping[Any, float],
        ) -> Metric:
            metric = family(name, text, labels=(label,))
            for value in values:
                metric.add_metric((str(value),), values[value])
            return metric

        hub, registry, state = self._hub, self._registry, self._pump.state()
        yield InfoMetricFamily("ticker", "The server.", {"version": ticker.__version__})
        text = "Clients, by encoding and requested rate."
        clients = GaugeMetricFamily("ticker_connections", text, labels=("encoding", "rate"))
        rates = Counter((session.codec.name, session.rate_hz) for session in hub.sessions)
        for (encoding, rate_hz), count in sorted(rates.items()):
            clients.add_metric((encoding, f"{rate_hz:g}"), count)
        yield clients
        transports = Counter({"websocket": 0, "sse": 0, "poll": len(registry.polls)})
        transports.update(connection.kind for connection in registry.open)
        yield labelled(GaugeMetricFamily, "ticker_transports", "Clients, by transport.", "transport", transports)
        yield GaugeMetricFamily(
            "ticker_clients_behind", "Subscriptions that wait for a slow consumer.", hub.lanes.behind
        )
        yield CounterMetricFamily("ticker_frames", "Frames sent to clients.", registry.sent_frames)
        yield CounterMetricFamily("ticker_sent_bytes", "Bytes sent to clients.", registry.sent_bytes)
        totals = hub.lanes.totals
        yield CounterMetricFamily("ticker_updates", "Changes sent to clients.", totals.sent)
        yield CounterMetricFamily(
            "ticker_conflated", "Changes replaced by later ones before sending.", totals.conflated
        )
        yield CounterMetricFamily("ticker_skipped_beats", "Beats that skipped a busy client.", totals.skipped)
        yield CounterMetricFamily("ticker_lagged", "Times a client fell behind.", totals.lagged)
        yield CounterMetricFamily("ticker_resyncs", "Clients that reconnected and resumed.", hub.resumed)
        text = "Closed connections (1006: without a close frame; 3000: with a code of the client's own)."
        yield labelled(CounterMetricFamily, "ticker_closes", text, "code", dict(sorted(registry.closes.items())))
        text = "Errors sent to clients."
        yield labelled(CounterMetricFamily, "ticker_errors", text, "code", dict(sorted(hub.errors.items())))
        heads = {kind: ring.head for kind, ring in hub.market.rings.items()}
        yield labelled(CounterMetricFamily, "ticker_ticks", "Ticks of the feed in this epoch.", "kind", heads)
        counts = hub.market.counts
        late_trades = {"revised": counts.late, "too_late": counts.too_late}
        text = "Trades older than the newest of their symbol: in revised bars, and too late for that."
        yield labelled(CounterMetricFamily, "ticker_late_trades", text, "kind", late_trades)
        kinds = ("corrected", "cancelled", "uncorrectable")
        text = "Corrections of trades: applied, and those that name no trade that is known."
        found = {kind: getattr(counts, kind) for kind in kinds}
        yield labelled(CounterMetricFamily, "ticker_corrections", text, "kind", found)
        revised = sum(hub.bars.closed[interval.name].hidden_count for interval in KEPT)
        yield CounterMetricFamily("ticker_revised_bars", "Closed bars that were revised.", revised)
        yield GaugeMetricFamily("ticker_symbols", "Symbols on the board.", len(hub.apply_pending().symbols))
        alerts, rooms, webhooks = self._op_handlers.alerts, self._op_handlers.rooms, self._op_handlers.webhooks
        yield GaugeMetricFamily("ticker_alerts", "Alerts of all owners.", alerts.count)
        yield CounterMetricFamily("ticker_fired", "Alerts that fired.", self._op_handlers.fired)
        yield GaugeMetricFamily("ticker_rooms", "Rooms with members.", rooms.rooms)
        yield GaugeMetricFamily("ticker_members", "Clients in at least one room.", rooms.members)
        yield CounterMetricFamily("ticker_said", "Messages in rooms.", rooms.said)
        yield CounterMetricFamily("ticker_notices", "Notices.", hub.notices.count)
        waiting = 0 if webhooks is None else webhooks.waiting
        yield GaugeMetricFamily("ticker_webhooks_waiting", "Webhooks waiting for delivery.", waiting)
        results = {name: 0 if webhooks is None else webhooks.results[name] for name in RESULTS}
        text = "Webhook deliveries, by result."
        yield labelled(CounterMetricFamily, "ticker_webhooks", text, "result", results)
        states = {name: float(state.state == name) for name in FeedState.MEANINGS}
        yield labelled(
            GaugeMetricFamily, "ticker_feed_state", "1 for the current state, 0 for the others.", "state", states
        )
        if state.ts is not None:
            lag_s = time.time() - state.ts / 1e9
            yield GaugeMetricFamily("ticker_feed_lag_seconds", "Age of the newest tick, by its timestamp.", lag_s)
        beats, late = self._metronome.beats, self._metronome.late
        text = "Duration of a beat, for all clients of its rate."
        yield HistogramMetricFamily("ticker_beat_seconds", text, buckets=beats.buckets(), sum_value=beats.sum_s)
        text = "Delay of beats and heartbeats: the event loop's lag."
        yield HistogramMetricFamily("ticker_beat_late_seconds", text, buckets=late.buckets(), sum_value=late.sum_s)

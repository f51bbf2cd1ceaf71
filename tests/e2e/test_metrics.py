"""`GET /metrics`, read by Prometheus' own parser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.support import ScriptedFeed, serving
from tests.frames import handshake, raw_client, sent
from ticker.server import Service

TS = 1_700_000_000_000_000_000


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def scraped(http: aiohttp.ClientSession, service: Service) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    async with http.get(service.url + "/metrics") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_what_it_tells(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        before = await scraped(http, service)
        assert before["ticker_frames_total",] == before["ticker_sent_bytes_total",] == 0
        assert before["ticker_symbols",] == 3
        assert before["process_resident_memory_bytes",] > 1e6
        async with raw_client(service.port) as client:
            client.send(handshake())
            await client.head()
            client.send(sent(1, b'{"op":"subscribe","symbols":["AAPL"],"rate":20}'), sent(1, b"{"))
            feed.tick([(0, TS, 3.0, 1.0), (1, TS, 3.0, 1.0)], [(0, TS, 1.0, 1.0, 2.0, 2.0)])
            seen, received = b"", 0
            while b'"last":3' not in seen or b"malformed" not in seen:
                payload = (await client.frame())[1]
                received += len(payload) + (2 if len(payload) < 126 else 4)
                seen += payload
            during = await scraped(http, service)
            assert during["ticker_connections", "json", "20"] == 1
            # Welcome, answer, error, snapshot, and the update unless the tick was there first.
            assert during["ticker_frames_total",] in (4, 5)
            assert during["ticker_sent_bytes_total",] == received
            assert during["ticker_errors_total", "malformed"] == 1
            assert during["ticker_ticks_total", "trades"] == 2
            assert during["ticker_ticks_total", "quotes"] == 1
            assert during["ticker_feed_live",] == 1
            assert during["ticker_feed_lag_seconds",] > 1e6
            assert during["ticker_clients_behind",] == 0
            assert during["ticker_beat_seconds_bucket", "+Inf"] == during["ticker_beat_seconds_count",]
            assert not any("AAPL" in key or "127.0.0.1" in key for key in during)
            client.send(sent(8, b"\x0f\xa0"))
            assert await client.closed() == 4000
        async with asyncio.timeout(10):
            while service.hub.sessions:
                await asyncio.sleep(0)
        after = await scraped(http, service)
        assert after["ticker_closes_total", "4000"] == 1
        assert after["ticker_sent_bytes_total",] == received
        assert ("ticker_connections", "json", "20") not in after


async def test_two_servers_of_a_process(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as one, serving(ScriptedFeed(("A",))) as two:
        assert (await scraped(http, one))["ticker_symbols",] == 3
        assert (await scraped(http, two))["ticker_symbols",] == 1

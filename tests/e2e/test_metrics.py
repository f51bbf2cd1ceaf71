"""`GET /metrics`, parsed by Prometheus' own parser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

import ticker
from tests.support.frames import handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.server import Service, Settings
from ticker.server.core.histogram import BOUNDS_S
from ticker.server.core.webhooks import RESULTS
from ticker.server.middleware import login_throttle
from ticker.wire.codes import CLOSE_CODES, ERROR_CODES
from ticker.wire.limits import Limits
from ticker.wire.messages import FeedState

TS = 1_700_000_000_000_000_000


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def scraped(http: aiohttp.ClientSession, service: Service) -> dict[tuple[str, ...], float]:
    """All samples, by name and label values."""
    async with http.get(service.url + "/metrics") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_clients_frames_and_errors_are_counted(http: aiohttp.ClientSession) -> None:
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
            assert [during["ticker_transports", kind] for kind in ("websocket", "sse", "poll")] == [1, 0, 0]
            # Welcome, answer, error, snapshot, and the update unless the tick came first.
            assert during["ticker_frames_total",] in (4, 5)
            assert during["ticker_sent_bytes_total",] == received
            assert during["ticker_errors_total", "malformed"] == 1
            assert during["ticker_ticks_total", "trades"] == 2
            assert during["ticker_ticks_total", "quotes"] == 1
            assert during["ticker_feed_state", "live"] == 1
            assert during["ticker_feed_state", "stale"] == 0
            assert during["ticker_feed_lag_seconds",] > 1e6
            assert during["ticker_clients_behind",] == 0
            assert during["ticker_beat_seconds_bucket", "+Inf"] == during["ticker_beat_seconds_count",]
            async with asyncio.timeout(60):
                while not (await scraped(http, service))["ticker_beat_late_seconds_count",]:
                    pass
            client.send(sent(8, b"\x0f\xa0"))
            assert await client.closed() == 4000
        async with asyncio.timeout(60):
            while service.hub.sessions:
                await asyncio.sleep(0)
        after = await scraped(http, service)
        # Close codes that clients invent are counted as one.
        assert after["ticker_closes_total", "3000"] == 1
        assert after["ticker_sent_bytes_total",] == received
        assert ("ticker_connections", "json", "20") not in after


async def test_errors_over_http_are_counted_by_code(
    http: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong keys count even if the client disconnects before the answer."""
    monkeypatch.setattr(login_throttle, "DELAY_S", 0.2)
    with editing(tmp_path / "keys.json") as keys:
        admin = {"Authorization": f"Bearer {add(keys, 'admin', Entitlements(admin=True))[1]}"}
        other = {"Authorization": f"Bearer {add(keys, 'other', Entitlements(connections=1))[1]}"}
    limits = Limits(attempts_per_minute=2)
    async with serving(ScriptedFeed(), Settings(port=0, keys=tmp_path / "keys.json", limits=limits)) as service:
        for path, status, headers in (
            ("/v1/symbols", 401, {}),
            ("/v1/symbols", 401, {"Authorization": "Bearer wrong"}),
            ("/metrics", 403, other),
            ("/v1/stream", 426, other),
            ("/v1/snapshot", 400, other),
            ("/nothing", 404, other),
        ):
            async with http.get(service.url + path, headers=headers) as response:
                assert response.status == status
        async with raw_client(service.port) as client:
            client.send(b"GET /v1/symbols HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\r\n")
        # Found by aiohttp, not by a handler.
        for first in (b"GET / HTTP/1.1\r\nno colon", b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: tea"):
            async with raw_client(service.port) as client:
                client.send(first + b"\r\n\r\n")
                assert (await client.head())[0] in (400, 417)
        async with asyncio.timeout(60):
            while service.hub.errors["unauthorized"] < 3:
                await asyncio.sleep(0)
        async with http.get(service.url + "/v1/symbols", headers={"Authorization": "Bearer wrong"}) as response:
            assert response.status == 429
        service.registry.stopping = True
        async with http.get(service.url + "/v1/poll?symbols=AAPL", headers=other) as response:
            assert response.status == 503
        service.registry.stopping = False
        http.headers.update(admin)
        counted = {name[1]: n for name, n in (await scraped(http, service)).items() if name[0] == "ticker_errors_total"}
    assert counted == {
        "unauthorized": 3,
        "not-entitled": 1,
        "upgrade-required": 1,
        "no-symbols": 1,
        "unknown-path": 1,
        "bad-request": 2,
        "too-many-attempts": 1,
        "stopping": 1,
    }


async def test_offered_changes_are_sent_or_conflated(http: aiohttp.ClientSession) -> None:
    """In total, and for each client in `/v1/clients`."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        feed.tick([(0, TS, 1.0, 1.0)])
        async with asyncio.timeout(60), http.ws_connect(service.url + "/v1/stream") as client:
            await client.send_json({"op": "subscribe", "symbols": ["AAPL"], "rate": 0})
            while "AAPL" not in (await client.receive_json()).get("data", ()):
                pass
            # Nothing was published before it connected.
            feed.tick([(0, TS, 2.0, 1.0), (0, TS, 3.0, 1.0), (1, TS, 3.0, 1.0)], [(0, TS, 1.0, 1.0, 2.0, 2.0)])
            update = await client.receive_json()
            counted = await scraped(http, service)
            async with http.get(service.url + "/v1/clients") as response:
                (row,) = (await response.json())["clients"]
            assert (row["offered"], row["sent"], row["conflated"]) == (3, 1, 2)
            assert counted["ticker_updates_total",] == 1
            assert counted["ticker_conflated_total",] == 2
            assert counted["ticker_skipped_beats_total",] == counted["ticker_lagged_total",] == 0
            assert counted["ticker_resyncs_total",] == 0
        feed.tick([(0, TS, 4.0, 1.0)])
        since = {"epoch": service.hub.board.epoch, "version": update["version"]}
        async with asyncio.timeout(60), http.ws_connect(service.url + "/v1/stream") as client:
            await client.send_json({"op": "subscribe", "symbols": ["AAPL"], "since": since})
            while "AAPL" not in (await client.receive_json()).get("data", ()):
                pass
            counted = await scraped(http, service)
        assert counted["ticker_resyncs_total",] == 1
        # Clients that left still count.
        assert counted["ticker_updates_total",] == 1


async def test_no_label_names_a_client_or_a_symbol(http: aiohttp.ClientSession) -> None:
    """Label values come from tables in the code: more clients and other symbols make no new series."""
    names = tuple(f"SYMBOL{number}" for number in range(6))
    feed = ScriptedFeed(names)
    known = {
        "code": {*ERROR_CODES, *map(str, CLOSE_CODES), "1005", "1006", "3000"},
        "encoding": {"json", "msgpack"},
        "kind": {"trades", "quotes", "revised", "too_late", "corrected", "cancelled", "uncorrectable"},
        "le": {*map(str, BOUNDS_S), "+Inf"},
        "result": set(RESULTS),
        "rate": {f"{rate:g}" for rate in Limits().rates},
        "state": set(FeedState.MEANINGS),
        "transport": {"websocket", "sse", "poll"},
        "version": {ticker.__version__},
    }
    async with serving(feed) as service, asyncio.timeout(60), AsyncExitStack() as clients, asyncio.TaskGroup() as polls:

        async def connect_clients(name: str) -> None:
            """A client of each kind, one that gets an error, and one that leaves."""
            for encoding in ("json", "msgpack"):
                stream = http.ws_connect(service.url + f"/v1/stream?encoding={encoding}")
                client = await clients.enter_async_context(stream)
                await client.send_json({"op": "subscribe", "symbols": [name, "NOT-" + name]})
                await client.send_json({"op": name, "id": name})
                await client.receive()
            await clients.enter_async_context(http.get(service.url + f"/v1/events?symbols={name}"))
            since = f"epoch={service.hub.board.epoch}&since={service.hub.apply_pending().version}"
            polls.create_task(http.get(service.url + f"/v1/poll?symbols={name}&{since}"))
            gone = await http.ws_connect(service.url + "/v1/stream")
            await gone.close(code=4000 + ord(name[-1]), message=name.encode())

        seen: list[set[str]] = []
        for named in (names[:1], names[1:]):
            for name in named:
                await connect_clients(name)
            here = names.index(named[-1]) + 1
            expected = {
                ("ticker_transports", "websocket"): 2 * here,
                ("ticker_transports", "sse"): here,
                ("ticker_transports", "poll"): here,
                ("ticker_errors_total", "unknown-op"): 2 * here,
                ("ticker_closes_total", "3000"): here,
            }
            while not expected.items() <= (await scraped(http, service)).items():
                pass
            async with http.get(service.url + "/metrics") as response:
                text = await response.text()
            families = list(text_string_to_metric_families(text))
            seen.append({str((sample.name, sample.labels)) for family in families for sample in family.samples})
            for family in families:
                for sample in family.samples if family.name.startswith("ticker") else ():
                    assert all(value in known[label] for label, value in sample.labels.items()), sample
            assert "SYMBOL" not in text
            assert "127.0.0.1" not in text
        assert seen[0] == seen[1]
        feed.tick([(code, TS, 1.0, 1.0) for code in range(len(names))])


async def test_the_protocol_document_lists_all_metrics(http: aiohttp.ClientSession) -> None:
    """docs/protocol.md has all metrics with their labels, no others, and the keys of `/v1/clients`."""
    text = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
    listed: dict[str, set[str]] = {}
    for line in text[text.index("| metric | labels |") :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        metrics, labels, _ = line.strip("|").split("|", 2)
        listed |= {name: set(re.findall(r"`(\w+)`", labels)) for name in re.findall(r"`(\w+)`", metrics)}
    feed = ScriptedFeed()
    async with serving(feed) as service, asyncio.timeout(60), http.ws_connect(service.url + "/v1/stream") as client:
        feed.tick([(0, TS, 1.0, 1.0)])
        await client.send_str("{")
        await (await http.ws_connect(service.url + "/v1/stream")).close()
        while True:
            async with http.get(service.url + "/metrics") as response:
                families = [
                    family
                    for family in text_string_to_metric_families(await response.text())
                    if family.name.startswith("ticker")
                ]
            found: dict[str, set[str]] = {}
            for family in families:
                for sample in family.samples:
                    name = sample.name if family.type != "histogram" else family.name
                    found.setdefault(name, set()).update(sample.labels)
            if found == listed:
                break
            # Errors, closes and ticks have no series before the first one.
            assert found.keys() < listed.keys()
        async with http.get(service.url + "/v1/clients") as response:
            (row,) = (await response.json())["clients"]
    answer = re.search(r"`\{\"clients\":\[\{(.*?)\}", text)
    assert answer is not None
    assert re.findall(r"\w+", answer[1]) == list(row)


async def test_two_servers_in_one_process_have_separate_metrics(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as one, serving(ScriptedFeed(("A",))) as two:
        assert (await scraped(http, one))["ticker_symbols",] == 3
        assert (await scraped(http, two))["ticker_symbols",] == 1

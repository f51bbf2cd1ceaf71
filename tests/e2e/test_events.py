"""`/v1/events` and `/v1/poll` over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import msgspec
import pytest
from yarl import URL

from tests.support.buckets import stop_refills
from tests.support.frames import raw_client
from tests.support.serving import ScriptedFeed, serving
from ticker.model import Removal, Restart
from ticker.server import Settings
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Events:
    """Reads a response as an EventSource does, including comments."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""

    async def next(self) -> tuple[str, str]:
        """The next event's kind and data; a comment's kind is ``:``."""
        kind, data = "message", ""
        async with asyncio.timeout(60):
            while line := (await self.response.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "" and value:
                    kind, data = ":", value
                elif name == "event":
                    kind = value
                elif name == "data":
                    data = value
                elif name == "id":
                    self.last_id = value
                elif line == "\n" and data:
                    return kind, data
        return "end", ""

    async def until(self, wanted: str) -> dict[str, object]:
        """The next message of a type."""
        while True:
            kind, data = await self.next()
            assert kind != "end"
            if kind == "message" and json.loads(data)["type"] == wanted:
                found: dict[str, object] = json.loads(data)
                return found


async def test_prices_are_sent_as_events(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
        async with http.get(service.url + "/v1/events?symbols=AAPL,NONE&symbols=MSFT&rate=0") as response:
            assert response.content_type == "text/event-stream"
            assert response.headers["Cache-Control"] == "no-store"
            events = Events(response)
            kind, path = await events.next()
            assert kind == "session"
            assert (await events.until("welcome"))["epoch"] == service.hub.board.epoch
            subscribed = await events.until("subscribed")
            assert (subscribed["symbols"], subscribed["rejected"]) == (["AAPL", "MSFT"], {"NONE": "unknown-symbol"})
            update = await events.until("update")
            assert update["data"]["AAPL"]["last"] == 1.5  # type: ignore[index]
            assert events.last_id == f"{service.hub.board.epoch}-{update['version']}"
            # A message goes by POST and is answered on the stream.
            async with http.post(service.url + path, json={"op": "unsubscribe", "id": 7, "symbols": ["MSFT"]}) as said:
                assert said.status == 204
            assert (await events.until("unsubscribed"))["symbols"] == ["AAPL"]
            async with http.post(service.url + path, json={"op": "nothing", "id": 8}) as said:
                assert said.status == 204
            assert (await events.until("error"))["id"] == 8
            feed.tick([(0, TS, 3.5, 1.0), (1, TS, 4.5, 1.0)])
            data = (await events.until("update"))["data"]
            assert isinstance(data, dict)
            assert set(data) == {"AAPL"}
        async with asyncio.timeout(60):
            while service.hub.sessions:
                await asyncio.sleep(0.01)
        async with http.post(service.url + path, json={"op": "ping"}) as said:
            assert said.status == 404


async def test_a_browser_resumes_after_its_last_event(http: aiohttp.ClientSession) -> None:
    """By `Last-Event-ID`. With an id of another epoch it gets a snapshot."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
        url = service.url + "/v1/events?symbols=AAPL,MSFT&rate=0"
        async with http.get(url) as response:
            events = Events(response)
            while not (await events.until("update"))["data"]:
                pass
        feed.tick([(1, TS, 3.5, 1.0)])
        while service.hub.apply_pending().version < 2:
            await asyncio.sleep(0)
        for last_id, expected in (
            (events.last_id, {"MSFT"}),
            ("another-1", {"AAPL", "MSFT"}),
            ("nonsense", {"AAPL", "MSFT"}),
            (f"{service.hub.board.epoch}-99999", {"AAPL", "MSFT"}),
        ):
            async with http.get(url, headers={"Last-Event-ID": last_id}) as response:
                data = (await Events(response).until("update"))["data"]
                assert isinstance(data, dict)
                assert set(data) == expected
        epoch, _, version = events.last_id.rpartition("-")
        async with http.get(f"{url}&epoch={epoch}&since={version}") as response:
            assert set((await Events(response).until("update"))["data"]) == {"MSFT"}  # type: ignore[call-overload]


async def test_the_other_channels_are_sent_as_events(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        async with http.get(service.url + "/v1/events?symbols=AAPL&channel=trades") as response:
            events = Events(response)
            await events.until("trades")
            feed.tick([(0, TS, 1.5, 1.0), (0, TS, 1.6, 1.0)])
            frame = await events.until("trades")
            assert frame["data"] == [["AAPL", TS, 1.5, 1], ["AAPL", TS, 1.6, 1]]
            assert events.last_id.endswith("-2")
        async with http.get(service.url + "/v1/events?symbols=AAPL&channel=bars&interval=1m") as response:
            await Events(response).until("bars")


async def test_heartbeats_are_comments_and_a_close_is_an_event(http: aiohttp.ClientSession) -> None:
    """The close of a server that stops has a code and a reason."""
    feed = ScriptedFeed()
    async with serving(feed, Settings(port=0, heartbeat_s=0.2)) as service:
        async with http.get(service.url + "/v1/events?symbols=AAPL") as response:
            events = Events(response)
            await events.until("update")
            kind, data = await events.next()
            assert (kind, json.loads(data)["type"]) == (":", "heartbeat")
            stopping = asyncio.create_task(service.stop())
            while kind == ":":
                kind, data = await events.next()
            assert (kind, json.loads(data)["type"]) == ("message", "notice")
            kind, data = await events.next()
            assert (kind, json.loads(data)["code"]) == ("close", 1012)
            assert await events.next() == ("end", "")
            await stopping


@pytest.mark.parametrize(
    ("query", "code"),
    [("rate=x", "bad-argument"), ("epoch=a&since=x", "bad-argument"), ("epoch=a&since=-1", "bad-argument")],
)
async def test_invalid_parameters_are_refused(http: aiohttp.ClientSession, query: str, code: str) -> None:
    async with serving(ScriptedFeed()) as service:
        for path in ("events", "poll"):
            if path == "poll" and "rate" in query:
                continue
            async with http.get(f"{service.url}/v1/{path}?symbols=AAPL&{query}") as response:
                assert (response.status, (await response.json())["code"]) == (400, code)


async def test_an_error_of_the_protocol_is_an_event(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as service:
        for query, code in (("channel=x", "unknown-channel"), ("rate=-1", "bad-rate"), ("rate=nan", "bad-rate")):
            async with http.get(f"{service.url}/v1/events?symbols=AAPL&{query}") as response:
                assert (await Events(response).until("error"))["code"] == code


async def test_posted_messages_have_a_size_limit_and_a_rate(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_refills(monkeypatch)
    limits = msgspec.structs.replace(Limits(), messages_per_second=1, messages_at_once=2, message_bytes=1_024)
    async with serving(ScriptedFeed(), Settings(port=0, limits=limits)) as service:
        async with http.get(service.url + "/v1/events") as response:
            events = Events(response)
            _, path = await events.next()
            for body, kind, status in (
                (b"x" * 2_000, "application/json", 413),
                (b"{}", "text/plain", 415),
                (b"\xff", "application/json", 400),
            ):
                said = await http.post(service.url + path, data=body, headers={"Content-Type": kind})
                assert said.status == status
            for _ in range(6):
                await http.post(service.url + path, json={"op": "ping"})
            kinds = []
            while (found := await events.next())[0] == "message":
                kinds.append(json.loads(found[1])["type"])
            assert kinds[:4] == ["welcome", "pong", "pong", "error"]
            assert (found[0], json.loads(found[1])["code"]) == ("close", 4429)


async def test_data_on_the_streams_connection_ends_it() -> None:
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        client.send(b"GET /v1/events?symbols=AAPL HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.head())[0] == 200
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(60):
            try:
                while await client.reader.read(65_536):
                    pass
            except ConnectionError:
                pass
        assert not service.hub.sessions


# Long polling


async def test_a_poll_waits_for_a_change(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
        while service.hub.apply_pending().version < 1:
            await asyncio.sleep(0)
        url = service.url + "/v1/poll"
        async with http.get(url, params={"symbols": "AAPL,NONE"}) as response:
            first = await response.json()
        assert set(first["data"]) == {"AAPL"}
        assert first["rejected"] == {"NONE": "unknown-symbol"}
        at = {"symbols": "AAPL", "epoch": first["epoch"], "since": str(first["version"])}
        polling = asyncio.create_task(http.get(url, params=at))
        async with asyncio.timeout(60):
            while not service.hub.sessions:
                await asyncio.sleep(0.01)
        feed.tick([(1, TS, 3.5, 1.0)])  # another symbol
        feed.tick([(0, TS, 4.5, 1.0)])
        async with asyncio.timeout(60), await polling as response:
            second = await response.json()
        assert {name: fields["last"] for name, fields in second["data"].items()} == {"AAPL": 4.5}
        assert second["version"] > first["version"]
        assert not service.hub.sessions
        # A removed symbol is null.
        at["since"] = str(second["version"])
        feed.put(Removal(("AAPL",)))
        async with http.get(url, params=at) as response:
            assert (await response.json())["data"] == {"AAPL": None}
        # Another epoch is sent as a snapshot.
        at["epoch"] = "another"
        async with http.get(url, params=at | {"symbols": "*"}) as response:
            assert set((await response.json())["data"]) == {"MSFT"}


async def test_a_poll_without_changes_ends_with_204(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as service:
        at = {"symbols": "AAPL", "epoch": service.hub.board.epoch, "since": "0", "wait": "0.1"}
        async with http.get(service.url + "/v1/poll", params=at) as response:
            assert (response.status, await response.read()) == (204, b"")
        for wrong in ("x", "-1", "61", "nan"):
            async with http.get(service.url + "/v1/poll", params=at | {"wait": wrong}) as response:
                assert response.status == 400
        async with http.get(service.url + "/v1/poll") as response:
            assert (await response.json())["code"] == "no-symbols"


NAMES = ("A,B", "A", "B", "C&D=1", "50% +", "ü")


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("symbols=A,B", ["A", "B"]),
        ("symbols=A%2CB", ["A,B"]),
        ("symbols=A%2cB,A", ["A,B", "A"]),
        ("symbols=A%2CB,", ["A,B"]),
        ("symbols=A&symbols=B", ["A", "B"]),
        ("symbol=A%2CB", ["A,B"]),
        ("symbol=A,B", ["A,B"]),
        ("symbol=A%2CB&symbol=B&symbols=A", ["A,B", "B", "A"]),
        # Libraries encode the commas of a list, too.
        ("symbols=B%2CA", ["B", "A"]),
        ("symbols=C%26D%3D1,50%25+%2B,%C3%BC", ["C&D=1", "50% +", "ü"]),
    ],
)
@pytest.mark.parametrize("path", ["/v1/snapshot", "/v1/poll", "/v1/events"])
async def test_a_comma_of_a_symbol_is_encoded_in_an_address(
    http: aiohttp.ClientSession, path: str, query: str, symbols: list[str]
) -> None:
    """Those between symbols are not, unless all are; `symbol` is never split."""
    feed = ScriptedFeed(NAMES)
    async with serving(feed) as service:
        feed.tick([(row, TS, row + 1.0, 1.0) for row in range(len(NAMES))])
        while service.hub.apply_pending().version < 1:
            await asyncio.sleep(0)
        url = URL(f"{service.url}{path}?{query}", encoded=True)
        async with http.get(url) as response:
            if path == "/v1/events":
                found = await subscribed_symbols(response)
            else:
                found = list((await response.json())["data"])
    assert sorted(found) == sorted(symbols)


async def subscribed_symbols(response: aiohttp.ClientResponse) -> list[str]:
    async for line in response.content:
        if line.startswith(b'data: {"type":"subscribed"'):
            found: list[str] = json.loads(line[6:])["symbols"]
            return found
    raise AssertionError("no subscribed message")


async def test_a_list_too_long_for_an_address_is_posted(http: aiohttp.ClientSession) -> None:
    """With the arguments of the address as keys of the body."""
    names = [f"SYMBOL{number:05}" for number in range(3_000)]
    feed = ScriptedFeed(tuple(names))
    async with serving(feed) as service:
        feed.tick([(row, TS, row + 1.0, 1.0) for row in range(3_000)])
        while service.hub.apply_pending().version < 1:
            await asyncio.sleep(0)
        async with http.post(service.url + "/v1/snapshot", json={"symbols": names}) as response:
            snapshot = await response.json()
        assert set(snapshot["data"]) == set(names)
        at = {"epoch": snapshot["epoch"], "since": snapshot["version"]}
        async with http.post(service.url + "/v1/poll", json={"symbols": names, **at, "wait": 0.01}) as response:
            assert response.status == 204
        feed.tick([(7, TS + 1, 9.5, 1.0)])
        async with http.post(service.url + "/v1/poll", json={"symbols": [*names, "A,B"], **at}) as response:
            changes = await response.json()
        assert {name: values["last"] for name, values in changes["data"].items()} == {"SYMBOL00007": 9.5}
        assert changes["rejected"] == {"A,B": "unknown-symbol"}


@pytest.mark.parametrize("path", ["/v1/snapshot", "/v1/poll"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"symbols":[]}', 400, "no-symbols"),
        (b"{}", 400, "no-symbols"),
        (b'{"symbols":"A"}', 400, "bad-argument"),
        (b'{"symbols":[1]}', 400, "bad-argument"),
        (b'["A"]', 400, "bad-argument"),
        (b"{", 400, "malformed"),
        (b'{"symbols":["' + b"A" * 400_000 + b'"]}', 413, "too-large"),
    ],
)
async def test_a_wrong_body_is_refused(
    http: aiohttp.ClientSession, path: str, body: bytes, status: int, code: str
) -> None:
    async with serving(ScriptedFeed()) as service:
        headers = {"Content-Type": "application/json"}
        async with http.post(service.url + path, data=body, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (status, code)
        async with http.post(service.url + path, data=b"symbols=A") as response:
            assert (response.status, (await response.json())["code"]) == (415, "json-needed")


@pytest.mark.parametrize(
    "arguments", [{"wait": 61}, {"wait": -1}, {"wait": "x"}, {"epoch": "e", "since": -1}, {"epoch": 1, "since": 1}]
)
async def test_a_posted_poll_with_a_wrong_argument_is_refused(
    http: aiohttp.ClientSession, arguments: dict[str, object]
) -> None:
    async with serving(ScriptedFeed()) as service:
        async with http.post(service.url + "/v1/poll", json={"symbols": ["AAPL"], **arguments}) as response:
            assert (response.status, (await response.json())["code"]) == (400, "bad-argument")


async def test_a_refused_poll_leaves_no_connection_behind(http: aiohttp.ClientSession) -> None:
    """Its place is free again."""
    limits = msgspec.structs.replace(Limits(), connections=1)
    async with serving(ScriptedFeed(), Settings(port=0, limits=limits)) as service:
        for _ in range(3):
            async with http.get(service.url + "/v1/poll") as response:
                assert response.status == 400
            async with http.post(service.url + "/v1/poll", json={}) as response:
                assert response.status == 400
        async with http.get(service.url + "/v1/poll?symbols=AAPL") as response:
            assert response.status == 200


async def test_a_poll_ends_on_a_new_epoch_a_stop_or_a_disconnect(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        at = {"symbols": "AAPL", "epoch": service.hub.board.epoch, "since": "0"}

        async def begun() -> asyncio.Task[aiohttp.ClientResponse]:
            task = asyncio.create_task(http.get(service.url + "/v1/poll", params=at)._coro)
            async with asyncio.timeout(60):
                while not service.hub.sessions:
                    await asyncio.sleep(0.01)
            return task

        polling = await begun()
        feed.put(Restart("another"))
        async with asyncio.timeout(60):
            assert (await (await polling).json())["epoch"] == "another"
        at["epoch"] = "another"
        polling = await begun()
        polling.cancel()
        async with asyncio.timeout(60):
            while service.hub.sessions:
                await asyncio.sleep(0.01)
        polling = await begun()
        await service.stop()
        # Or the connection ended during the response.
        with suppress(aiohttp.ClientError):
            assert (await polling).status == 503


async def test_polls_count_as_connections(http: aiohttp.ClientSession) -> None:
    limits = msgspec.structs.replace(Limits(), connections=1)
    async with serving(ScriptedFeed(), Settings(port=0, limits=limits)) as service:
        async with http.get(service.url + "/v1/events"):
            for path in ("/v1/poll?symbols=AAPL", "/v1/events"):
                async with http.get(service.url + path) as response:
                    assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_an_unknown_channel_is_refused_on_the_stream(http: aiohttp.ClientSession) -> None:
    async with serving(ScriptedFeed()) as service:
        async with http.get(f"{service.url}/v1/events?symbols=AAPL&channel=candles") as response:
            assert (await Events(response).until("error"))["code"] == "unknown-channel"

"""The WebSocket over real sockets, with aiohttp's client and the `websockets` package."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgpack
import pytest
import websockets
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.support.model_client import Message, ModelClient
from tests.support.serving import ScriptedFeed, serving
from ticker.hub.session import Session
from ticker.model import Removal, Restart
from ticker.server import Service, Settings
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def receive(stream: ClientWebSocketResponse) -> Message:
    frame = await stream.receive(timeout=60)
    assert frame.type in (WSMsgType.TEXT, WSMsgType.BINARY), frame
    message: Message = json.loads(frame.data) if frame.type is WSMsgType.TEXT else msgpack.unpackb(frame.data)
    return message


async def until(stream: ClientWebSocketResponse, kind: str) -> Message:
    while (message := await receive(stream))["type"] != kind:
        pass
    return message


def address(service: Service, query: str = "") -> str:
    return f"{service.url}/v1/stream{query}"


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_prices_flow_from_the_feed_to_a_client(http: aiohttp.ClientSession, encoding: str) -> None:
    """Welcome, answer, snapshot, then changes, in the encoding of the subprotocol."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        async with http.ws_connect(address(service), protocols=[f"ticker.v1.{encoding}"]) as stream:
            assert stream.protocol == f"ticker.v1.{encoding}"
            welcome = await receive(stream)
            assert (welcome["type"], welcome["protocol"], welcome["epoch"]) == ("welcome", 1, service.hub.board.epoch)
            await stream.send_json({"op": "subscribe", "id": 1, "symbols": ["AAPL", "NO"], "rate": 25})
            answer = await receive(stream)
            assert answer == {
                "type": "subscribed",
                "id": 1,
                "channel": "ticker",
                "symbols": ["AAPL"],
                "rate": 20,
                "rejected": {"NO": "unknown-symbol"},
            }
            snapshot = await receive(stream)
            assert (snapshot["type"], snapshot["since"], snapshot["data"]) == ("update", 0, {})
            feed.tick([(0, TS, 189.5, 100.0), (1, TS, 54.0, 1.0)], [(0, TS, 189.25, 3.0, None, 0.0)])
            update = await receive(stream)
            assert update["since"] <= snapshot["version"] < update["version"]
            assert update["data"]["AAPL"]["last"] == 189.5
            assert update["data"]["AAPL"]["bid"] == 189.25
            assert "ask" not in update["data"]["AAPL"]
            assert update["data"].keys() == {"AAPL"}
            feed.tick([(0, TS + 1, 189.75, 100.0)])
            delta = (await receive(stream))["data"]["AAPL"]
            expected = {"last": 189.75, "high": 189.75, "volume": 200, "trades": 2, "vwap": 189.625, "ts": TS + 1}
            assert delta == expected


async def test_the_query_selects_the_encoding_for_clients_without_subprotocols(http: aiohttp.ClientSession) -> None:
    """`?encoding=msgpack` sends binary frames. Both encodings are accepted from the client."""
    feed = ScriptedFeed()
    async with serving(feed) as service, http.ws_connect(address(service, "?encoding=msgpack")) as stream:
        assert (await stream.receive()).type is WSMsgType.BINARY
        await stream.send_str('{"op":"ping","id":"a","data":[1,null]}')
        assert await receive(stream) == {"type": "pong", "id": "a", "data": [1, None]}
        await stream.send_bytes(msgpack.packb({"op": "ping", "id": "b"}))
        assert await receive(stream) == {"type": "pong", "id": "b"}


async def test_every_trade_and_quote_is_sent_in_order(http: aiohttp.ClientSession) -> None:
    """The ticker channel conflates them."""
    feed = ScriptedFeed()
    async with serving(feed) as service, http.ws_connect(address(service)) as stream:
        for channel in ("trades", "quotes"):
            await stream.send_json({"op": "subscribe", "channel": channel, "symbols": ["AAPL"]})
            first = await until(stream, channel)
            assert (first["since"], first["version"], first["data"]) == (0, 0, [])
        feed.tick([(0, TS, 1.5, 2.0), (1, TS, 9.0, 9.0), (0, TS, 1.25, 0.5)], [(0, TS, None, 0.0, 1.5, 4.0)])
        trades = await until(stream, "trades")
        assert (trades["since"], trades["version"]) == (0, 3)
        assert trades["data"] == [["AAPL", TS, 1.5, 2], ["AAPL", TS, 1.25, 0.5]]
        assert (await until(stream, "quotes"))["data"] == [["AAPL", TS, None, None, 1.5, 4]]


async def test_json_and_msgpack_clients_end_with_equal_views(http: aiohttp.ClientSession) -> None:
    feed = ScriptedFeed()
    async with serving(feed) as service:
        clients = {encoding: ModelClient() for encoding in ("json", "msgpack")}
        streams = {
            encoding: await http.ws_connect(address(service), protocols=[f"ticker.v1.{encoding}"])
            for encoding in clients
        }
        for encoding, stream in streams.items():
            clients[encoding].subscribed(["*"])
            await stream.send_json({"op": "subscribe", "symbols": ["*"], "rate": 60})
        for step in range(50):
            feed.tick([(step % 3, TS + step, 10 + step / 4, 1.0)])
        for encoding, stream in streams.items():
            while clients[encoding].view.get("MSFT", {}).get("ts") != TS + 49:
                clients[encoding].handle(await receive(stream))
            await stream.close()
        assert clients["json"].view == clients["msgpack"].view
        assert clients["json"].view["MSFT"]["last"] == 10 + 49 / 4


@pytest.mark.parametrize(
    ("frame", "code", "said"),
    [
        ("{", "malformed", "JSON"),
        ("", "malformed", "JSON"),
        ("[]", "malformed", "is a JSON object or a msgpack map"),
        ('"subscribe"', "malformed", "is a JSON object or a msgpack map"),
        ("[" * 50_000, "malformed", ""),
        (b"", "malformed", "msgpack"),
        (b"\xc1", "malformed", "msgpack"),
        (b"\x91" * 50_000, "malformed", "msgpack"),
        (b"\xdf\xff\xff\xff\xff", "malformed", "msgpack"),
        (msgpack.packb(["op"]), "malformed", "is a JSON object or a msgpack map"),
        (msgpack.packb({"op": "ping", "data": msgpack.ExtType(1, b"")}), "malformed", "extension"),
        ("{}", "unknown-op", "op is missing"),
        ('{"op":"buy","id":7}', "unknown-op", "buy"),
        ('{"op":null,"id":7}', "unknown-op", "op: expected a text, got null"),
        ('{"op":"subscribe","id":7}', "bad-argument", "symbols"),
        ('{"op":"subscribe","id":7,"symbols":"AAPL"}', "bad-argument", "symbols"),
        ('{"op":"subscribe","id":7,"symbols":["AAPL",5]}', "bad-argument", "symbols[1]"),
        ('{"op":"subscribe","id":7,"symbols":[],"rate":"fast"}', "bad-argument", "rate"),
        ('{"op":"subscribe","id":7,"symbols":[],"rate":true}', "bad-argument", "rate"),
        ('{"op":"subscribe","id":7,"symbols":[],"channel":1}', "bad-argument", "channel"),
        ('{"op":"subscribe","id":7,"symbols":[],"since":5}', "bad-argument", "since"),
        ('{"op":"subscribe","id":7,"symbols":[],"since":{"epoch":"e"}}', "bad-argument", "version"),
        ('{"op":"subscribe","id":7,"symbols":[],"since":{"epoch":"e","version":1.5}}', "bad-argument", "version"),
        ('{"op":"unsubscribe","id":7,"symbols":null}', "bad-argument", "symbols"),
        ('{"op":"ping","id":[]}', "bad-argument", "id"),
        ('{"op":"subscribe","id":7,"symbols":[],"channel":"trade"}', "unknown-channel", "trade"),
        ('{"op":"unsubscribe","id":7,"symbols":[],"channel":""}', "unknown-channel", "ticker"),
        ('{"op":"subscribe","id":7,"symbols":[],"rate":-1}', "bad-rate", "-1"),
        ('{"op":"subscribe","id":7,"symbols":[],"rate":0.1}', "bad-rate", "0.5"),
        (msgpack.packb({"op": "subscribe", "id": 7, "symbols": [], "rate": float("nan")}), "bad-rate", "nan"),
        (msgpack.packb({"op": "subscribe", "id": 7, "symbols": [], "rate": float("inf")}), "bad-rate", "inf"),
        ('{"op":"subscribe","id":7,"symbols":["A","B","C","D","E"]}', "too-many-symbols", "6 symbols"),
    ],
)
async def test_invalid_input_gets_an_error_and_has_no_other_effect(
    http: aiohttp.ClientSession, frame: str | bytes, code: str, said: str
) -> None:
    """The error has the right code and names the cause. This connection, its watchlist and others stay."""
    feed = ScriptedFeed(("AAPL", "MSFT", "A", "B", "C", "D", "E"))
    async with (
        serving(feed, Settings(port=0, limits=Limits(symbols=4))) as service,
        http.ws_connect(address(service)) as other,
        http.ws_connect(address(service)) as stream,
    ):
        for each in (stream, other):
            await each.send_json({"op": "subscribe", "symbols": ["AAPL"], "rate": 60})
            await until(each, "update")
        await (stream.send_str(frame) if isinstance(frame, str) else stream.send_bytes(frame))
        error = await receive(stream)
        assert (error["type"], error["code"]) == ("error", code)
        assert said.lower() in error["message"].lower()
        has_id = ('"id":7' if isinstance(frame, str) else b"\xa2id\x07") in frame  # type: ignore[operator]  # each its kind
        assert error.get("id") == (7 if has_id else None)
        feed.tick([(0, TS, 2.0, 1.0)])
        for each in (stream, other):
            assert (await until(each, "update"))["data"]["AAPL"]["last"] == 2


async def test_an_invalid_symbol_is_rejected(http: aiohttp.ClientSession) -> None:
    """Empty, too long or unprintable, even if the feed may have more symbols."""
    feed = ScriptedFeed((), complete=False)
    names = ["", "x" * 65, "line\nbreak", "\x1b[31m", "NEW"]
    async with serving(feed) as service, http.ws_connect(address(service)) as stream:
        await stream.send_json({"op": "subscribe", "symbols": names})
        answer = await until(stream, "subscribed")
        assert answer["symbols"] == ["NEW"]
        assert set(answer["rejected"]) == set(names[:4])


async def test_a_symbol_may_be_subscribed_before_it_appears(http: aiohttp.ClientSession) -> None:
    """If the feed doesn't know all its symbols yet."""
    feed = ScriptedFeed(("AAPL",), complete=False)
    async with serving(feed) as service, http.ws_connect(address(service)) as stream:
        await stream.send_json({"op": "subscribe", "symbols": ["LATE"], "rate": 60})
        assert (await until(stream, "subscribed"))["symbols"] == ["LATE"]
        assert (await until(stream, "update"))["data"] == {}
        feed.tick([(0, TS, 1.0, 1.0), (feed.table.code("LATE"), TS, 7.0, 1.0)])
        while not (update := await until(stream, "update"))["data"]:
            pass
        assert update["data"].keys() == {"LATE"}
        assert update["data"]["LATE"]["last"] == 7


async def test_a_message_above_the_limit_closes_with_1009(http: aiohttp.ClientSession) -> None:
    """The limit is configurable, and in `welcome`."""
    feed = ScriptedFeed()
    async with serving(feed, Settings(port=0, limits=Limits(message_bytes=1000))) as service:
        async with http.ws_connect(address(service)) as stream:
            assert (await receive(stream))["limits"]["message_bytes"] == 1000
            await stream.send_json({"op": "ping", "data": "x" * 900})
            assert (await receive(stream))["type"] == "pong"
            await stream.send_json({"op": "ping", "data": "x" * 1000})
            closed = await stream.receive()
            assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)


async def test_a_client_resumes_from_its_version(http: aiohttp.ClientSession) -> None:
    """After a reconnect, `since` returns only the changes."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        async with http.ws_connect(address(service)) as stream:
            epoch = (await receive(stream))["epoch"]
            feed.tick([(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)])
            await stream.send_json({"op": "subscribe", "symbols": ["AAPL", "MSFT"], "rate": 60})
            update = await until(stream, "update")
            while not update["data"]:
                update = await until(stream, "update")
        feed.tick([(1, TS + 1, 2.5, 1.0)])
        async with http.ws_connect(address(service)) as stream:
            since = {"epoch": epoch, "version": update["version"]}
            await stream.send_json({"op": "subscribe", "symbols": ["AAPL", "MSFT"], "rate": 60, "since": since})
            resumed = await until(stream, "update")
            while not resumed["data"]:
                resumed = await until(stream, "update")
            assert resumed["since"] == update["version"]
            assert resumed["data"]["MSFT"]["last"] == 2.5
            assert "open" not in resumed["data"]["MSFT"]
            assert "AAPL" not in resumed["data"]


async def test_a_removed_symbol_is_sent_as_null_and_a_new_epoch_as_a_welcome(http: aiohttp.ClientSession) -> None:
    """On an open connection."""
    feed = ScriptedFeed()
    async with serving(feed) as service, http.ws_connect(address(service)) as stream:
        epoch = (await receive(stream))["epoch"]
        await stream.send_json({"op": "subscribe", "symbols": ["AAPL", "MSFT"], "rate": 60})
        await until(stream, "update")
        feed.tick([(0, TS, 1.0, 1.0)])
        assert "AAPL" in (await until(stream, "update"))["data"]
        feed.put(Removal(("AAPL",)))
        assert (await until(stream, "update"))["data"] == {"AAPL": None}
        feed.put(Restart())
        welcome = await until(stream, "welcome")
        assert welcome["epoch"] not in (epoch, "")
        feed.tick([(1, TS, 5.0, 1.0)])
        while not (update := await until(stream, "update"))["data"]:
            assert update["since"] == 0
        assert update["data"]["MSFT"]["open"] == 5


async def test_200_clients_get_their_watchlists(http: aiohttp.ClientSession) -> None:
    """With different watchlists, encodings and rates, each ends with exactly the board's values."""
    names = tuple(f"S{number}" for number in range(40))
    feed = ScriptedFeed(names)
    async with serving(feed) as service:

        async def watch(number: int) -> ModelClient:
            client = ModelClient()
            wanted = [names[(number * 7 + step * 3) % 40] for step in range(1 + number % 5)]
            client.subscribed(wanted)
            encoding = "json" if number % 2 else "msgpack"
            async with http.ws_connect(address(service), protocols=[f"ticker.v1.{encoding}"]) as stream:
                await stream.send_json({"op": "subscribe", "symbols": wanted, "rate": [0, 10, 20, 60][number % 4]})
                await until(stream, "subscribed")
                ready.release()
                while any(client.view.get(name, {}).get("last") != 99 for name in wanted):
                    client.handle(await receive(stream))
            return client

        ready = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watch(number)) for number in range(200)]
            for _ in range(200):
                await ready.acquire()
            for price in (1.0, 50.0, 99.0):
                feed.tick([(code, TS, price, 1.0) for code in range(40)])
        for task in watching:
            client = task.result()
            assert client.view.keys() == client.watch
            assert all(fields["volume"] == 3 for fields in client.view.values())


async def test_the_websockets_package_as_a_client(http: aiohttp.ClientSession) -> None:
    """Including a long subscribe that it sends in fragments."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        url = address(service).replace("http", "ws")
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("ticker.v1.msgpack")]) as stream:
            assert stream.subprotocol == "ticker.v1.msgpack"
            assert msgpack.unpackb(await stream.recv(decode=False))["type"] == "welcome"
            wanted = json.dumps({"op": "subscribe", "id": 1, "symbols": ["AAPL", *(f"NOT{n}" for n in range(5000))]})
            half = len(wanted) // 2
            await stream.send([wanted[:half], wanted[half:]])
            answer = msgpack.unpackb(await stream.recv(decode=False))
            assert (answer["id"], answer["symbols"], len(answer["rejected"])) == (1, ["AAPL"], 5000)
            assert msgpack.unpackb(await stream.recv(decode=False))["type"] == "update"
            feed.tick([(0, TS, 3.0, 1.0)])
            assert msgpack.unpackb(await stream.recv(decode=False))["data"]["AAPL"]["last"] == 3


async def test_an_exception_in_the_server_closes_with_1011(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only that connection. The log has the exception."""
    feed = ScriptedFeed()
    async with serving(feed) as service, http.ws_connect(address(service)) as stream:
        await receive(stream)
        with monkeypatch.context() as broken:
            broken.setattr(Session, "receive", lambda *_: 1 / 0)
            await stream.send_json({"op": "subscribe", "symbols": ["AAPL"]})
            closed = await stream.receive()
            assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1011)
        assert "ZeroDivisionError" in caplog.text
        async with http.ws_connect(address(service)) as other:
            await other.send_json({"op": "ping"})
            await until(other, "pong")


async def test_stopping_closes_clients_with_1012(http: aiohttp.ClientSession) -> None:
    """Clients reconnect after 1012. The port is free at once."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        stream = await http.ws_connect(address(service))
        await receive(stream)
        stopping = asyncio.create_task(service.stop())
        while (await stream.receive()).type is not aiohttp.WSMsgType.CLOSE:
            pass
        await stopping
        assert stream.close_code == 1012
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", service.port)) != 0


async def test_a_heartbeat_has_the_state_of_the_feed(http: aiohttp.ClientSession) -> None:
    """It is sent after `welcome.heartbeat` seconds of silence. A failed feed is stale."""
    feed = ScriptedFeed()
    async with serving(feed, Settings(port=0, heartbeat_s=0.1)) as service:
        async with http.ws_connect(address(service)) as stream:
            assert (await receive(stream))["heartbeat"] == 0.1
            assert (await until(stream, "heartbeat"))["feed"] == {"state": "quiet", "ts": None}
            feed.tick([(0, TS, 3.0, 1.0)])
            while (beat := await until(stream, "heartbeat"))["feed"]["state"] != "live":
                pass
            assert beat["feed"]["ts"] == TS
            feed.put(RuntimeError("the upstream is gone"))
            while (await until(stream, "heartbeat"))["feed"]["state"] != "stale":
                pass
            async with http.get(f"{service.url}/healthz") as response:
                assert (await response.json())["status"] == "degraded"
            # It is restarted.
            feed.tick([(0, TS + 5, 3.5, 1.0)])
            while (beat := await until(stream, "heartbeat"))["feed"]["state"] != "live":
                pass
            assert beat["feed"]["ts"] == TS + 5
            feed.put(None)
            while (await until(stream, "heartbeat"))["feed"]["state"] != "ended":
                pass


async def test_a_client_that_stopped_reading_is_skipped_and_then_gets_the_latest_values(
    http: aiohttp.ClientSession,
) -> None:
    """While its socket is full, at most about one frame is held for it; then one update has the latest values."""
    names = tuple(f"SYMBOL-{number}" for number in range(500))
    feed = ScriptedFeed(names)
    async with serving(feed) as service:
        reader = await http.ws_connect(address(service))
        await reader.send_json({"op": "subscribe", "symbols": names[:1], "rate": 0})
        await until(reader, "update")
        slow = socket.socket()
        # Larger than a segment of the loopback device: with less, each segment waits for a timer.
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
        slow.connect(("127.0.0.1", service.port))
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        upgrade = (
            "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await loop.sock_sendall(slow, upgrade.encode())
        order = b'{"op":"subscribe","symbols":["*"],"rate":0}'
        await loop.sock_sendall(slow, bytes((0x81, 0x80 | len(order), 0, 0, 0, 0)) + order)
        while len(service.hub.sessions) < 2:
            await asyncio.sleep(0)
        session = list(service.hub.sessions)[1]
        rounds = skipped = 0
        while skipped < 50:
            rounds += 1
            skipped = 0 if session.outlet.ready() else skipped + 1
            feed.tick([(code, TS + rounds, 1.0 + rounds, 1.0) for code in range(500)])
            # The other client gets each update at once.
            while (await until(reader, "update"))["data"][names[0]]["last"] != 1 + rounds:
                pass
            assert rounds < 5_000
        held = session.outlet.backlog_bytes  # type: ignore[attr-defined]  # a Connection
        assert held < 2 * 500 * 200, "more than about a frame is held for a client that stopped reading"
        # It reads again: first what the kernel held, then one update with the latest values.
        slow.setblocking(True)
        text = await asyncio.to_thread(_read_until, slow, f'"last":{1 + rounds}.'.encode()[:-1])
        assert text
        slow.close()
        await reader.close()


def _read_until(sock: socket.socket, wanted: bytes) -> bool:
    sock.settimeout(60)
    seen = b""
    while wanted not in seen:
        got = sock.recv(65_536)
        if not got:
            return False
        seen = seen[-100:] + got
    return True


async def test_connecting_and_disconnecting_log_one_line_each(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """With id, address, watchlist size, duration, frames, bytes and reason. Ticks log nothing."""
    feed = ScriptedFeed()
    with caplog.at_level(logging.INFO, logger="ticker.server"):
        async with serving(feed) as service:
            async with http.ws_connect(address(service)) as stream:
                await stream.send_json({"op": "subscribe", "symbols": ["AAPL"], "rate": 0})
                await until(stream, "update")
                feed.tick([(0, TS, 3.0, 1.0)])
                await until(stream, "update")
            while service.hub.sessions:
                await asyncio.sleep(0)
    lines = [record.getMessage() for record in caplog.records if record.name == "ticker.server"]
    assert len(lines) == 2
    assert lines[0] == "client 1: connected from 127.0.0.1, websocket, json"
    assert re.fullmatch(
        r"client 1: closed with 1000; from 127\.0\.0\.1 after \d+\.\d s, 1 subscription, \d frames, \d+ bytes",
        lines[1],
    )


async def test_symbols_snapshot_and_health_over_http(http: aiohttp.ClientSession) -> None:
    """A snapshot has the stream's fields, epoch and version, so a stream can resume from it."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        async with http.ws_connect(address(service)) as stream:
            await stream.send_json({"op": "subscribe", "symbols": ["AAPL"], "rate": 0})
            await until(stream, "update")
            feed.tick([(0, TS, 3.0, 1.0)])
            update = await until(stream, "update")

            async def get(path: str) -> tuple[int, Any]:
                async with http.get(service.url + path) as response:
                    return response.status, await response.json()

            status, snapshot = await get("/v1/snapshot?symbols=AAPL,NO")
            assert status == 200
            assert snapshot["data"] == update["data"]
            assert snapshot["version"] == update["version"]
            assert snapshot["rejected"] == {"NO": "unknown-symbol"}
            await stream.send_json(
                {
                    "op": "subscribe",
                    "symbols": ["AAPL"],
                    "since": {"epoch": snapshot["epoch"], "version": snapshot["version"]},
                }
            )
            assert (await until(stream, "update"))["data"] == {}
            assert (await get("/v1/snapshot?symbols=*"))[1]["data"] == update["data"]
            assert await get("/v1/symbols") == (
                200,
                {"symbols": ["AAPL", "MSFT", "GOOG"], "complete": True, "currency": "USD"},
            )
            health = (await get("/healthz"))[1]
            assert (health["status"], health["clients"], health["symbols"]) == ("ok", 1, 3)
        status, error = await get("/v1/snapshot")
        assert (status, error["code"]) == (400, "no-symbols")
        status, error = await get("/v1/stream")
        assert (status, error["code"]) == (426, "upgrade-required")
        status, error = await get("/v1/stream?encoding=xml")
        assert (status, error["code"]) == (400, "bad-argument")


async def test_a_client_that_sends_pings_without_reading_is_not_read(http: aiohttp.ClientSession) -> None:
    """Memory stays bounded, and other clients are unaffected."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        upgrade = (
            "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # this client never reads
        writer.write(upgrade.encode())
        ping = json.dumps({"op": "ping", "data": "x" * 60_000}).encode()
        frame = bytes((0x81, 0x80 | 126)) + len(ping).to_bytes(2, "big") + bytes(4) + ping
        for _ in range(300):
            writer.write(frame)
        while not service.hub.sessions:
            await asyncio.sleep(0)
        session = next(iter(service.hub.sessions))
        async with http.ws_connect(address(service)) as stream:
            for number in range(200):
                await stream.send_json({"op": "ping", "id": number})
                assert (await until(stream, "pong"))["id"] == number
        assert session.outlet.backlog_bytes < 1_000_000  # type: ignore[attr-defined]  # a Connection
        writer.transport.abort()

"""Alerts over real sockets and processes: offline, over a crash, to a webhook, on each transport."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.processes import Server
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing, revoke
from ticker.auth.tokens import TokenVerifier
from ticker.server import Settings
from ticker.server.connections import registry
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
SECRET = "a secret of 16 characters and more"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connected(http: aiohttp.ClientSession, url: str, key: str = "") -> aiohttp.ClientWebSocketResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    stream = await http.ws_connect(f"{url}/v1/stream", headers=headers)
    assert (await stream.receive_json())["type"] == "welcome"
    return stream


async def request(stream: aiohttp.ClientWebSocketResponse, op: str, **keys: Any) -> dict[str, Any]:
    """Send an op; return the next message, its answer."""
    await stream.send_json({"op": op, **keys})
    answer: dict[str, Any] = await stream.receive_json()
    return answer


async def assert_silent(stream: aiohttp.ClientWebSocketResponse) -> None:
    """No other message has arrived."""
    assert (await request(stream, "ping"))["type"] == "pong"


class WebhookReceiver:
    """A receiver that fails twice and then accepts."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, str, bytes]] = asyncio.Queue()
        self._failures = 2
        app = web.Application()
        app.router.add_post("/", self._take)
        self.server = TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.came.put_nowait((request.headers["Ticker-Signature"], request.headers["Idempotency-Key"], body))
        self._failures -= 1
        return web.Response(status=500 if self._failures >= 0 else 204)


def post(server: Server, **body: Any) -> None:
    request = urllib.request.Request(
        f"{server.url}/v1/replay", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60):
        pass


async def test_an_alert_that_fires_offline_is_delivered_once_over_a_crash(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The webhook gets it signed, after two failures; the owner gets it on return."""
    day = tmp_path / "day.csv"
    rows = [f"2024-01-03T1{hour}:00:00Z,AAPL,{price},1" for hour, price in enumerate((100, 189, 195, 180, 196))]
    day.write_text("timestamp,symbol,price,size\n" + "\n".join(rows) + "\n")
    (tmp_path / "secret").write_text(SECRET)
    hook = WebhookReceiver()
    await hook.server.start_server()
    options = (
        *("--feed", "csv", "--path", str(day), "--speed", "1", "--state", str(tmp_path / "state")),
        *("--webhook", str(hook.server.make_url("/")), "--webhook-secret", str(tmp_path / "secret")),
    )
    server = await asyncio.to_thread(Server, *options)
    await asyncio.to_thread(post, server, action="pause")
    stream = await connected(http, server.url)
    answer = await request(stream, "alert", id=7, symbol="AAPL", when="last >= 190", owner="ann")
    assert [row["state"] for row in answer["alerts"]] == ["waiting"]
    await stream.close()
    while (await asyncio.to_thread(server.get, "/healthz"))["clients"]:
        pass
    await asyncio.to_thread(post, server, action="step", count=4)
    signed, name, body = [await asyncio.wait_for(hook.came.get(), 60) for _ in range(3)][-1]
    stamp, mac = (part.partition("=")[2] for part in signed.split(","))
    assert mac == hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    event = json.loads(body)
    assert (event["event"], event["owner"], event["id"], event["value"], event["seq"]) == (name, "ann", 7, 195, 1)
    await asyncio.to_thread(server.kill)

    server = await asyncio.to_thread(Server, *options)
    stream = await connected(http, server.url)
    answer = await request(stream, "alerts", owner="ann")
    assert [(row["state"], row["count"]) for row in answer["alerts"]] == [("fired", 1)]
    fired = await stream.receive_json()
    assert (fired["type"], fired["id"], fired["value"], fired["seq"]) == ("alert", 7, 195, 1)
    await assert_silent(stream)
    await stream.close()
    stream = await connected(http, server.url)
    assert (await request(stream, "alerts", owner="ann"))["seq"] == 1
    await assert_silent(stream)
    # It comes again only on request.
    assert (await request(stream, "alerts", owner="ann", since=0))["seq"] == 1
    assert (await stream.receive_json())["seq"] == 1
    await stream.close()
    await asyncio.to_thread(server.__exit__, None, None, None)
    await hook.server.close()


async def test_a_room_continues_after_a_restart(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    """A member that returns gets the messages it missed, and no number is used twice."""
    settings = Settings(port=0, state=tmp_path)
    async with serving(ScriptedFeed(), settings) as service:
        stream = await connected(http, service.url)
        joined = await request(stream, "join", room="desk", name="Ann")
        for text in ("one", "two"):
            assert (await request(stream, "say", room="desk", text=text))["text"] == text
        await stream.close()
    async with serving(ScriptedFeed(), settings) as service:
        stream = await connected(http, service.url)
        again = await request(stream, "join", room="desk", name="Ann", since={"epoch": joined["epoch"], "version": 1})
        assert (again["epoch"], again["seq"]) == (joined["epoch"], 2)
        said = await stream.receive_json()
        assert (said["text"], said["from"], said["seq"]) == ("two", "Ann", 2)
        assert (await request(stream, "say", room="desk", text="three"))["seq"] == 3
        await stream.close()


async def test_without_a_state_directory_alerts_end_with_the_server(http: aiohttp.ClientSession) -> None:
    """The welcome says so."""
    settings = Settings(port=0)
    async with serving(ScriptedFeed(), settings) as service:
        stream = await connected(http, service.url)
        assert len((await request(stream, "alert", id=1, symbol="AAPL", when="last > 1", owner="ann"))["alerts"]) == 1
        await stream.close()
    async with serving(ScriptedFeed(), settings) as service:
        stream = await connected(http, service.url)
        assert (await request(stream, "alerts", owner="ann"))["alerts"] == []
        await stream.close()


async def test_an_event_stream_has_alerts_and_rooms(http: aiohttp.ClientSession) -> None:
    """Ops posted to its address are answered on the stream."""
    feed = ScriptedFeed()
    async with serving(feed) as service, http.get(f"{service.url}/v1/events") as events:

        async def until(wanted: str) -> dict[str, Any]:
            async with asyncio.timeout(60):
                while True:
                    line = (await events.content.readline()).decode()
                    if line.startswith("data: {"):
                        message: dict[str, Any] = json.loads(line[6:])
                        if message["type"] == wanted:
                            return message

        await events.content.readuntil(b"event: session\ndata: ")
        address = service.url + (await events.content.readline()).decode().strip()

        async def post(**message: Any) -> None:
            async with http.post(address, json=message) as response:
                assert response.status == 204

        await post(op="alert", id=7, symbol="AAPL", when="last crosses 190", owner="ann")
        assert (await until("alerts"))["alerts"][0]["state"] == "waiting"
        await post(op="join", id=8, room="desk", name="Ann")
        assert (await until("joined"))["names"] == ["Ann"]
        await post(op="say", id=9, room="desk", text="hello")
        assert (await until("said"))["id"] == 9
        feed.tick([(0, TS, 189.0, 1.0)])
        feed.tick([(0, TS + 1, 191.0, 1.0)])
        assert (await until("alert"))["value"] == 191


async def test_an_alert_ends_with_its_key(
    http: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a key is revoked its alerts don't fire, and a token with its name doesn't inherit them."""
    monkeypatch.setattr(registry, "SWEEP_S", 0.05)
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        ann, bob = (add(keys, name, Entitlements(symbols=("AAPL",)))[1] for name in ("ann", "bob"))
    feed = ScriptedFeed()
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef0123456789abcdef")
    tokens = TokenVerifier(secret, "ticker")
    settings = Settings(port=0, keys=path, tokens=tokens)
    async with serving(feed, settings) as service:
        first, second = await connected(http, service.url, ann), await connected(http, service.url, bob)
        refused = await request(second, "alert", id=1, symbol="MSFT", when="last > 1")
        assert (refused["type"], refused["code"]) == ("error", "not-entitled")
        for stream in (first, second):
            answer = await request(stream, "alert", id=1, symbol="AAPL", when="last > 1", owner="whatever it says")
            assert len(answer["alerts"]) == 1
        with editing(path) as keys:
            revoke(keys, "ann")
        closed = await first.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4401)
        feed.tick([(0, TS, 2.0, 1.0)])
        assert (await second.receive_json())["type"] == "alert"
        assert service.op_handlers.fired == 1
        claims = {"sub": "ann", "aud": "ticker", "exp": int(time.time()) + 60}
        third = await connected(http, service.url, jwt.encode(claims, secret.read_bytes(), "HS256"))
        assert (await request(third, "alerts", id=1))["alerts"] == []


async def test_limits_are_announced_and_enforced(http: aiohttp.ClientSession) -> None:
    """The number of alerts, the members of a room, the length of a text."""
    limits = msgspec.structs.replace(Limits(), alerts=1, rooms=1, room_members=1, text_chars=5, says_per_minute=1)
    async with serving(ScriptedFeed(), Settings(port=0, limits=limits)) as service:
        stream = await http.ws_connect(f"{service.url}/v1/stream")
        told = (await stream.receive_json())["limits"]
        assert {name: told[name] for name in ("alerts", "rooms", "room_members", "text_chars", "says_per_minute")} == {
            "alerts": 1, "rooms": 1, "room_members": 1, "text_chars": 5, "says_per_minute": 1,
        }  # fmt: skip
        await request(stream, "alert", id=1, symbol="AAPL", when="last > 1", owner="ann")
        await request(stream, "join", room="desk", name="Ann")
        await request(stream, "say", room="desk", text="hello")
        other = await connected(http, service.url)
        for each, op, keys, code in (
            (stream, "alert", {"id": 2, "symbol": "AAPL", "when": "last > 1", "owner": "ann"}, "too-many-alerts"),
            (stream, "join", {"room": "floor", "name": "Ann"}, "too-many-rooms"),
            (stream, "say", {"room": "desk", "text": "hello!"}, "bad-argument"),
            (stream, "say", {"room": "desk", "text": "again"}, "too-fast"),
            (other, "join", {"room": "desk", "name": "Bob"}, "room-full"),
        ):
            answer = await request(each, op, **keys)
            assert (answer["type"], answer["code"]) == ("error", code)


async def test_two_servers_do_not_share_a_state(tmp_path: Path) -> None:
    """The second exits with one line, and the first keeps running."""
    with Server("--symbols", "AAPL", "--state", str(tmp_path)) as first:
        with pytest.raises(AssertionError, match="in use by another server"):
            await asyncio.to_thread(Server, "--symbols", "AAPL", "--state", str(tmp_path))
        assert first.get("/healthz")["status"] == "ok"

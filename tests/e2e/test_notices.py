"""Notices from `ticker notify` and `POST /v1/notices` to connected clients, over real sockets."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.cli import main
from ticker.server import Service, Settings


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connected(http: aiohttp.ClientSession, service: Service, key: str = "") -> aiohttp.ClientWebSocketResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    stream = await http.ws_connect(f"{service.url}/v1/stream", headers=headers)
    assert (await stream.receive_json())["type"] == "welcome"
    return stream


async def notified(service: Service, *args: str, key: str = "") -> Result:
    """Run `ticker notify` in a thread."""
    words = ["notify", *args, "--url", service.url]
    return await asyncio.to_thread(CliRunner().invoke, main, words, env={"TICKER_KEY": key})


async def post(
    http: aiohttp.ClientSession, service: Service, body: object, **headers: str
) -> tuple[int, dict[str, Any]]:
    async with http.post(f"{service.url}/v1/notices", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_a_notice_reaches_each_client_once(http: aiohttp.ClientSession) -> None:
    """WebSockets and event streams get it at once, later clients don't; the command prints their number."""
    async with serving(ScriptedFeed()) as service:
        first, second = await connected(http, service), await connected(http, service)
        async with http.get(f"{service.url}/v1/events") as events:
            await events.content.readuntil(b'"welcome"')
            ran = await notified(service, "Maintenance at 17:00")
            assert (ran.exit_code, ran.output) == (0, "sent to 3 clients\n")
            for stream in (first, second):
                notice = await stream.receive_json()
                assert abs(notice.pop("ts") / 1e9 - time.time()) < 60
                assert notice == {"type": "notice", "text": "Maintenance at 17:00", "from": "operator"}
            assert b"Maintenance" in await events.content.readuntil(b"17:00")
        late = await connected(http, service)
        await late.send_json({"op": "ping"})
        assert (await late.receive_json())["type"] == "pong"


async def test_a_notice_to_one_key(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Other keys don't get it."""
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        ann, bob = (add(keys, name, Entitlements())[1] for name in ("ann", "bob"))
        owner = add(keys, "owner", Entitlements(admin=True))[1]
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service:
        told, other = await connected(http, service, ann), await connected(http, service, bob)
        ran = await notified(service, "Your key ends tomorrow", "--to", "ann", key=owner)
        assert (ran.exit_code, ran.output) == (0, "sent to 1 client\n")
        assert (await told.receive_json())["text"] == "Your key ends tomorrow"
        assert (await notified(service, "hello", "--to", "carl", key=owner)).output == "sent to 0 clients\n"
        await other.send_json({"op": "ping"})
        assert (await other.receive_json())["type"] == "pong"


async def test_only_admins_may_send_notices(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Other keys may not, nor requests through a proxy with --no-auth, nor pages of other origins."""
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        ann = add(keys, "ann", Entitlements())[1]
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service:
        ran = await notified(service, "hello", key=ann)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert "--admin" in ran.stderr
        assert (await notified(service, "hello", key="tk_wrong")).exit_code == 2
        status, answer = await post(http, service, {"text": "hello"})
        assert (status, answer["code"]) == (401, "unauthorized")
    async with serving(ScriptedFeed()) as service:
        stream = await connected(http, service)
        for header, value, code in (
            ("X-Forwarded-For", "203.0.113.5", "not-entitled"),
            ("Origin", "https://evil.example", "bad-origin"),
        ):
            status, answer = await post(http, service, {"text": "hello"}, **{header: value})
            assert (status, answer["code"]) == (403, code)
        async with http.post(f"{service.url}/v1/notices", data=json.dumps({"text": "hello"})) as response:
            assert (response.status, (await response.json())["code"]) == (415, "json-needed")
        await stream.send_json({"op": "ping"})
        assert (await stream.receive_json())["type"] == "pong"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "text"),
        ({"text": 1}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"text": "hello", "to": 1}, "to"),
        ([], "map"),
    ],
)
async def test_a_bad_request_names_the_field(http: aiohttp.ClientSession, body: object, said: str) -> None:
    """No client gets a notice."""
    async with serving(ScriptedFeed()) as service:
        stream = await connected(http, service)
        status, answer = await post(http, service, body)
        assert (status, answer["code"]) == (400, "bad-argument")
        assert said in answer["message"]
        assert (await post(http, service, {"text": "é" * 2_000}))[1] == {"reached": 1}
        assert (await stream.receive_json())["text"] == "é" * 2_000


async def test_no_server_is_one_line_with_status_2() -> None:
    ran = await asyncio.to_thread(CliRunner().invoke, main, ["notify", "hello", "--url", "http://127.0.0.1:1"])
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == "ticker: no server at http://127.0.0.1:1: Connection refused; start one with `ticker serve`\n"


@pytest.mark.parametrize("output", ["jsonl", "table"])
async def test_ticker_watch_prints_notices_on_stderr(output: str) -> None:
    """Its standard output has prices alone."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        watching = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "ticker", "watch", "AAPL", "--url", service.url, "--output", output),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert watching.stderr is not None
        while not service.hub.sessions:
            await asyncio.sleep(0.01)
        await notified(service, "Maintenance\x1b[2J")
        assert await watching.stderr.readline() == b"ticker: operator: Maintenance[2J\n"
        watching.terminate()
        await watching.communicate()
        assert watching.returncode == 0

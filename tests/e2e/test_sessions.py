"""Sessions of browsers over real sockets: what logging out ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.server import Service, Settings
from ticker.server.connections import registry


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are checked soon."""
    monkeypatch.setattr(registry, "SWEEP_S", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Without cookies of its own: each request names its session."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def new_key(path: Path, name: str) -> str:
    with editing(path) as keys:
        return add(keys, name, Entitlements())[1]


async def logged_in(http: aiohttp.ClientSession, service: Service, key: str) -> dict[str, str]:
    """The header with a new session's cookie."""
    async with http.post(service.url + "/v1/login", json={"key": key}) as response:
        assert response.status == 200
        return {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}


async def log_out(http: aiohttp.ClientSession, service: Service, cookie: dict[str, str], **more: Any) -> None:
    async with http.post(service.url + "/v1/logout", headers=cookie, **more) as response:
        assert (response.status, await response.json()) == (200, {})


async def status(http: aiohttp.ClientSession, service: Service, cookie: dict[str, str]) -> int:
    async with http.get(service.url + "/v1/symbols", headers=cookie) as response:
        return response.status


async def poll(
    http: aiohttp.ClientSession, service: Service, at: dict[str, str], cookie: dict[str, str]
) -> tuple[int, str]:
    async with http.get(service.url + "/v1/poll", params=at, headers=cookie) as response:
        return response.status, (await response.json())["code"]


async def close_code(stream: aiohttp.ClientWebSocketResponse) -> int:
    async with asyncio.timeout(60):
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert message.type is aiohttp.WSMsgType.CLOSE
    code: int = message.data
    return code


async def is_alive(stream: aiohttp.ClientWebSocketResponse) -> bool:
    await stream.send_json({"op": "ping"})
    async with asyncio.timeout(60):
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            if json.loads(message.data)["type"] == "pong":
                return True
    return False


async def test_a_copied_cookie_is_worthless_after_the_log_out(path: Path, http: aiohttp.ClientSession) -> None:
    """Its WebSockets and event streams are closed with 4401, its waiting polls get 401.

    The key, and its other sessions, stay valid.
    """
    key = new_key(path, "desk")
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service:
        one, two = [await logged_in(http, service, key) for _ in range(2)]
        url = service.url + "/v1/stream"
        async with (
            http.ws_connect(url, headers=one) as first,
            http.ws_connect(url, headers=two) as second,
            http.ws_connect(url, headers={"Authorization": f"Bearer {key}"}) as program,
            http.get(service.url + "/v1/events?symbols=AAPL", headers=one) as events,
        ):
            at = {"symbols": "AAPL", "epoch": service.hub.board.epoch, "since": "0", "wait": "60"}
            polling = asyncio.create_task(poll(http, service, at, one))
            async with asyncio.timeout(60):
                while not service.registry.polls:
                    await asyncio.sleep(0.01)
            await log_out(http, service, one)
            assert await status(http, service, one) == 401
            assert await polling == (401, "unauthorized")
            assert await close_code(first) == 4401
            assert b'event: close\ndata: {"code":4401' in await events.content.read()
            assert await status(http, service, two) == 200
            assert await is_alive(second)
            assert await is_alive(program)
            with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
                await http.ws_connect(url, headers=one)


async def test_logging_out_everywhere_ends_all_sessions_of_the_key(path: Path, http: aiohttp.ClientSession) -> None:
    """Not the key itself, sessions of other keys, or later ones."""
    key, other = new_key(path, "desk"), new_key(path, "other")
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service:
        one, two = [await logged_in(http, service, key) for _ in range(2)]
        theirs = await logged_in(http, service, other)
        async with http.ws_connect(service.url + "/v1/stream", headers=two) as stream:
            await log_out(http, service, one, json={"everywhere": True})
            assert await close_code(stream) == 4401
        later = await logged_in(http, service, key)
        assert [await status(http, service, each) for each in (one, two, theirs, later)] == [401, 401, 200, 200]
        assert await status(http, service, {"Authorization": f"Bearer {key}"}) == 200


async def test_a_log_out_without_a_session_changes_nothing(path: Path, http: aiohttp.ClientSession) -> None:
    """Nor does one with a wrong body, or of a page of another site."""
    key = new_key(path, "desk")
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service:
        cookie = await logged_in(http, service, key)
        for none in ({}, {"Cookie": "ticker_session=x"}, {"Cookie": cookie["Cookie"] + "x"}):
            await log_out(http, service, none, json={"everywhere": True})
        async with http.post(service.url + "/v1/logout", headers=cookie, json={"everywhere": 7}) as response:
            assert (response.status, (await response.json())["code"]) == (400, "bad-argument")
        evil = cookie | {"Origin": "https://evil.example"}
        async with http.post(service.url + "/v1/logout", headers=evil) as response:
            assert response.status == 403
        assert await status(http, service, cookie) == 200
        await log_out(http, service, cookie, json={})
        await log_out(http, service, cookie)
        assert await status(http, service, cookie) == 401


async def test_no_session_survives_a_restart(path: Path, tmp_path: Path, http: aiohttp.ClientSession) -> None:
    """So what was logged out need not be stored: with ``--state``, too."""
    key = new_key(path, "desk")
    settings = Settings(port=0, keys=path, state=tmp_path / "state")
    async with serving(ScriptedFeed(), settings) as service:
        cookies = [await logged_in(http, service, key) for _ in range(2)]
        await log_out(http, service, cookies[0])
        assert [await status(http, service, each) for each in cookies] == [401, 200]
    async with serving(ScriptedFeed(), settings) as service:
        assert [await status(http, service, each) for each in cookies] == [401, 401]

"""Authentication over real sockets: keys, tokens, sessions, entitlements and expiry."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

import ticker
from tests.support.frames import handshake, raw_client
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing, revoke
from ticker.server import Service, Settings
from ticker.server.connections import registry
from ticker.server.middleware import login_throttle
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and connections are checked soon, and wrong keys are answered soon."""
    monkeypatch.setattr(registry, "SWEEP_S", 0.05)
    monkeypatch.setattr(login_throttle, "DELAY_S", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with editing(tmp_path / "keys.json"):
        pass
    return tmp_path / "keys.json"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def new_key(path: Path, name: str = "desk", *, expires: int | None = None, **may: Any) -> str:
    with editing(path) as keys:
        return add(keys, name, Entitlements(**may), expires=expires)[1]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def settings(path: Path, **limits: int) -> Settings:
    return Settings(port=0, keys=path, limits=msgspec.structs.replace(Limits(), **limits))


PRIVATE = (
    *("/v1/stream", "/v1/events", "/v1/poll", "/v1/snapshot", "/v1/symbols", "/v1/bars/AAPL"),
    *("/v1/feed", "/v1/replay"),
)


async def test_requests_without_a_key_get_401(path: Path, http: aiohttp.ClientSession) -> None:
    """Also for unknown paths. The dashboard and a short /healthz are public."""
    async with serving(ScriptedFeed(), settings(path)) as service:
        for each in (*PRIVATE, "/metrics", "/v1/clients", "/nothing"):
            async with http.get(service.url + each) as response:
                assert (response.status, (await response.json())["code"]) == (401, "unauthorized")
                assert response.headers["WWW-Authenticate"].startswith("Bearer")
        async with raw_client(service.port) as client:
            client.send(handshake())
            assert (await client.head())[0] == 401
        async with http.get(service.url + "/healthz") as response:
            assert await response.json() == {"status": "ok"}
        async with http.get(service.url + "/") as response:
            assert response.status == 200
        async with http.get(service.url + "/v1/session") as response:
            assert await response.json() == {"required": True, "name": None, "admin": False, "expires": None}


async def test_a_key_gives_access_to_what_it_is_entitled_to(path: Path, http: aiohttp.ClientSession) -> None:
    """And to no more. A change of the key file takes effect without a restart."""
    key = new_key(path, symbols=("A*",), channels=("ticker",))
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed, settings(path)) as service:
        async with http.get(service.url + "/v1/symbols", headers=bearer(key)) as response:
            assert (await response.json())["symbols"] == ["AAPL"]
        async with http.get(service.url + "/v1/snapshot?symbols=MSFT,NONE", headers=bearer(key)) as response:
            assert (await response.json())["rejected"] == {"MSFT": "not-entitled", "NONE": "not-entitled"}
        for each in ("/v1/bars/AAPL", "/v1/bars/MSFT", "/v1/bars/NONE", "/metrics", "/v1/clients"):
            async with http.get(service.url + each, headers=bearer(key)) as response:
                assert (response.status, (await response.json())["code"]) == (403, "not-entitled")
        async with http.post(service.url + "/v1/replay", json={"action": "pause"}, headers=bearer(key)) as response:
            assert response.status == 404  # 403 on a server with a replay
        async with ticker.connect(service.url, ["*", "MSFT"], key=key) as stream:
            assert stream.rejected == {"MSFT": "not-entitled"}
            feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
            update = await anext(aiter(stream))
            assert (update.symbol, update.last) == ("AAPL", 1.5)
        async with http.get(service.url + "/healthz", headers=bearer(key)) as response:
            health = await response.json()
            # Only its own symbols are counted, and other clients are not shown.
            assert (health["symbols"], "clients" in health) == (1, False)
        admin = new_key(path, "owner", admin=True)
        async with asyncio.timeout(60):
            while (await (await http.get(service.url + "/healthz", headers=bearer(admin))).json()).get("epoch") is None:
                await asyncio.sleep(0.01)
        async with http.get(service.url + "/healthz", headers=bearer(admin)) as response:
            health = await response.json()
            assert (health["symbols"], health["clients"]) == (2, 0)
        async with http.get(service.url + "/metrics", headers=bearer(admin)) as response:
            assert response.status == 200


@pytest.mark.parametrize("what", ["/v1/snapshot?symbols=AAPL", "/v1/poll?symbols=AAPL", "/v1/bars/AAPL"])
async def test_the_keys_rate_also_applies_to_http_requests(path: Path, http: aiohttp.ClientSession, what: str) -> None:
    """Responses come with the beats of the rate: three beats lie between the first and the fourth response."""
    slow, fast = new_key(path, "slow", rate=5), new_key(path, "fast")
    async with serving(ScriptedFeed(), settings(path)) as service:
        began_s = time.monotonic()
        for _ in range(4):
            async with http.get(service.url + what, headers=bearer(slow)) as response:
                assert response.status == 200
        assert time.monotonic() - began_s > 3 / 5
        async with http.get(service.url + what, headers=bearer(fast)) as response:
            assert response.status == 200


async def test_wrong_keys_are_answered_late_and_never_logged(
    path: Path, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_throttle, "DELAY_S", 0.2)
    key = new_key(path)
    wrong = key[:-4] + "AAAA"
    with caplog.at_level(logging.DEBUG):
        async with serving(ScriptedFeed(), settings(path, attempts_per_minute=2)) as service:
            began_s = time.monotonic()
            for expected in (401, 401, 429):
                async with http.get(service.url + "/v1/symbols", headers=bearer(wrong)) as response:
                    assert response.status == expected
            assert time.monotonic() - began_s >= 0.4
            assert response.headers["Retry-After"] == "30"
            # A valid key from the same address is accepted.
            async with http.get(service.url + "/v1/symbols", headers=bearer(key)) as response:
                assert response.status == 200
    secrets = {key.split("_", 2)[2], wrong.split("_", 2)[2]}
    assert not any(secret in line for secret in secrets for line in caplog.messages)


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "bearer tk_x", "", "Bearer a b", "Bearer " + "x" * 5_000])
async def test_malformed_authorization_headers_count_as_wrong_keys(path: Path, header: str) -> None:
    async with serving(ScriptedFeed(), settings(path)) as service, raw_client(service.port) as client:
        client.send(handshake(Authorization=header))
        assert (await client.head())[0] == 401


async def test_a_browser_logs_in(path: Path, http: aiohttp.ClientSession) -> None:
    """The cookie is hidden from scripts and other sites, and gives the key's access until log-out."""
    key = new_key(path)
    async with serving(ScriptedFeed(), settings(path)) as service:
        for body, status in (({"key": "no"}, 401), ({}, 400), ([], 400), ({"key": 7}, 400)):
            async with http.post(service.url + "/v1/login", json=body) as response:
                assert response.status == status
        async with http.post(service.url + "/v1/login", data={"key": key}) as response:
            assert response.status == 415
        evil = {"Origin": "https://evil.example"}
        async with http.post(service.url + "/v1/login", json={"key": key}, headers=evil) as response:
            assert response.status == 403
        async with http.post(service.url + "/v1/login", json={"key": key}) as response:
            assert (response.status, (await response.json())["name"]) == (200, "desk")
            cookie = response.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert key.split("_", 2)[2] not in cookie
        async with http.ws_connect(service.url + "/v1/stream") as stream:
            assert (await stream.receive_json())["type"] == "welcome"
        async with http.get(service.url + "/v1/session") as response:
            assert (await response.json())["name"] == "desk"
        async with http.post(service.url + "/v1/logout") as response:
            assert response.status == 200
        async with http.get(service.url + "/v1/symbols") as response:
            assert response.status == 401


async def test_the_cookie_is_secure_behind_a_proxy_with_tls(path: Path) -> None:
    key = new_key(path)
    behind = Settings(port=0, keys=path, proxies=(ip_network("127.0.0.1"),))
    for given, secure in ((behind, True), (settings(path), False)):
        async with serving(ScriptedFeed(), given) as service, aiohttp.ClientSession() as session:
            said = {"X-Forwarded-Proto": "https"}
            async with session.post(service.url + "/v1/login", json={"key": key}, headers=said) as response:
                assert ("Secure" in response.headers["Set-Cookie"]) is secure


async def closed_with(stream: aiohttp.ClientWebSocketResponse) -> tuple[list[str], int]:
    """The codes of the errors received, and the close code."""
    errors = []
    async with asyncio.timeout(60):
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            told = json.loads(message.data)
            if told["type"] == "error":
                errors.append(told["code"])
    assert message.type is aiohttp.WSMsgType.CLOSE
    return errors, message.data


async def test_a_client_whose_key_expires_is_closed(
    path: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 4401, after a warning."""
    now = time.time
    key = new_key(path, expires=int(now()) + 3_600)
    async with serving(ScriptedFeed(), settings(path)) as service:
        async with http.ws_connect(service.url + "/v1/stream", headers=bearer(key)) as stream:
            assert (await stream.receive_json())["type"] == "welcome"
            monkeypatch.setattr(time, "time", lambda: now() + 3_600 - registry.WARN_S / 2)
            assert (await stream.receive_json())["code"] == "login-ends"
            monkeypatch.setattr(time, "time", lambda: now() + 3_601)
            assert await closed_with(stream) == ([], 4401)


async def test_clients_whose_key_is_revoked_are_closed(path: Path, http: aiohttp.ClientSession) -> None:
    """On every transport; clients with other keys stay."""
    key, other = new_key(path), new_key(path, "other")
    async with serving(ScriptedFeed(), settings(path)) as service:
        async with http.ws_connect(service.url + "/v1/stream", headers=bearer(other)) as good:
            await good.send_json({"op": "subscribe", "symbols": ["AAPL"]})
            async with http.ws_connect(service.url + "/v1/stream", headers=bearer(key)) as bad:
                async with http.get(service.url + "/v1/events?symbols=AAPL", headers=bearer(key)) as events:
                    with editing(path) as keys:
                        revoke(keys, "desk")
                    assert await closed_with(bad) == ([], 4401)
                    assert b'event: close\ndata: {"code":4401' in await events.content.read()
            await good.send_json({"op": "ping", "data": "there"})
            async with asyncio.timeout(60):
                while (await good.receive_json())["type"] != "pong":
                    pass


async def test_the_python_client_reconnects_with_a_new_key(path: Path) -> None:
    """It asks for the key on each attempt, and resumes."""
    current = [new_key(path, "one")]
    asked = 0

    async def key() -> str:
        nonlocal asked
        asked += 1
        return current[0]

    feed = ScriptedFeed()
    backoff = ticker.Backoff(initial_s=0.01, maximum_s=0.01)
    async with serving(feed, settings(path)) as service:
        async with ticker.connect(service.url, ["AAPL"], key=key, rate=0, backoff=backoff) as stream:
            feed.tick([(0, TS, 1.5, 1.0)])
            assert (await anext(aiter(stream))).last == 1.5
            current[0] = new_key(path, "two")
            with editing(path) as keys:
                revoke(keys, "one")
            async with asyncio.timeout(60):
                while not stream.reconnects:
                    await asyncio.sleep(0.01)
            feed.tick([(0, TS, 2.5, 1.0)])
            assert (await anext(aiter(stream))).last == 2.5
            assert asked == 2
            # Without a valid key it gives up.
            current[0] = "tk_00000000_" + "x" * 43
            with editing(path) as keys:
                revoke(keys, "two")
            with pytest.raises(ticker.RefusedError, match="401"):
                async with asyncio.timeout(60):
                    await anext(aiter(stream))


async def test_the_connections_of_a_key_are_limited(path: Path, http: aiohttp.ClientSession) -> None:
    key = new_key(path, connections=1)

    async def status(service: Service) -> int:
        try:
            async with http.ws_connect(service.url + "/v1/stream", headers=bearer(key)) as stream:
                await stream.receive()
                return 101
        except aiohttp.WSServerHandshakeError as error:
            return error.status

    async with serving(ScriptedFeed(), settings(path)) as service:
        async with http.get(service.url + "/v1/events?symbols=AAPL", headers=bearer(key)):
            assert await status(service) == 429
        async with asyncio.timeout(60):
            while await status(service) != 101:
                await asyncio.sleep(0.01)


async def test_an_admin_lists_the_clients(path: Path, http: aiohttp.ClientSession) -> None:
    admin, desk = new_key(path, "owner", admin=True), new_key(path)
    async with serving(ScriptedFeed(), settings(path)) as service:
        async with ticker.connect(service.url, ["AAPL", "MSFT"], key=desk, rate=2, encoding="msgpack"):
            async with http.get(service.url + "/v1/clients", headers=bearer(admin)) as response:
                (row,) = (await response.json())["clients"]
    assert (row["name"], row["transport"], row["encoding"], row["symbols"], row["rate"]) == (
        *("desk", "websocket", "msgpack"),
        *(2, 2),
    )
    assert row["address"] == "127.0.0.1"
    assert row["bytes"] > 0
    assert abs(row["since"] / 1e9 - time.time()) < 60


async def test_waiting_polls_are_listed(path: Path, http: aiohttp.ClientSession) -> None:
    admin, desk = new_key(path, "owner", admin=True), new_key(path)
    async with serving(ScriptedFeed(), settings(path)) as service:
        at = {"symbols": "AAPL,MSFT", "epoch": service.hub.board.epoch, "since": "0"}
        polling = asyncio.create_task(http.get(service.url + "/v1/poll", params=at, headers=bearer(desk)))

        async def rows() -> list[dict[str, Any]]:
            async with http.get(service.url + "/v1/clients", headers=bearer(admin)) as response:
                found: list[dict[str, Any]] = (await response.json())["clients"]
                return found

        async with asyncio.timeout(60):
            while not (found := await rows()) or not found[0]["symbols"]:
                pass
            (row,) = found
            told = (row["name"], row["address"], row["transport"], row["encoding"], row["symbols"], row["bytes"])
            assert told == ("desk", "127.0.0.1", "poll", "json", 2, 0)
            polling.cancel()
            while await rows():
                pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"X-Forwarded-For": "203.0.113.7"}, 403), ({"Forwarded": "for=203.0.113.7"}, 403)],
)
async def test_without_authentication_only_localhost_lists_the_clients(
    http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    """Requests that a local proxy forwarded are refused too."""
    async with serving(ScriptedFeed()) as service:
        async with http.get(service.url + "/v1/clients", headers=headers) as response:
            assert response.status == status


async def test_other_machines_are_never_the_operator(http: aiohttp.ClientSession) -> None:
    """By the address that a trusted proxy reports."""
    trusting = Settings(port=0, proxies=(ip_network("127.0.0.1"),))
    async with serving(ScriptedFeed(), trusting) as service:
        for path, status in (("/v1/clients", 403), ("/v1/snapshot?symbols=*", 200)):
            async with http.get(service.url + path, headers={"X-Forwarded-For": "203.0.113.7"}) as response:
                assert response.status == status


async def test_a_token_gives_access_until_its_secret_changes(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    import jwt

    from ticker.auth.tokens import TokenVerifier

    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    tokens = TokenVerifier(secret, "ticker")
    claims = {"sub": "desk", "aud": "ticker", "exp": time.time() + 60, "ticker": {"symbols": ["AAPL"]}}
    token = jwt.encode(claims, secret.read_text(), "HS256")
    async with serving(ScriptedFeed(), Settings(port=0, tokens=tokens)) as service:
        async with http.get(service.url + "/v1/symbols", headers=bearer(token)) as response:
            assert (await response.json())["symbols"] == ["AAPL"]
        async with http.post(service.url + "/v1/login", json={"key": token}) as response:
            assert response.status == 200
        async with http.get(service.url + "/v1/symbols") as response:
            assert (await response.json())["symbols"] == ["AAPL"]
        # A new secret takes effect at the next check, without a restart.
        secret.write_text("fedcba9876543210fedcba9876543210")
        async with asyncio.timeout(60):
            while (await http.get(service.url + "/v1/symbols")).status != 401:
                await asyncio.sleep(0.01)


async def test_a_token_too_long_for_a_cookie_is_refused_at_log_in(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    """A browser would drop the cookie silently. The limit is the one in docs/protocol.md."""
    import jwt

    from ticker.auth.tokens import TokenVerifier

    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    claims = {"sub": "desk", "aud": "ticker", "exp": int(time.time()) + 60}

    def token(chars: int) -> str:
        found = ""
        while len(found) < chars:
            claims["more"] = "x" * (len(str(claims.get("more", ""))) + max(1, (chars - len(found)) // 2))
            found = jwt.encode(claims, secret.read_text(), "HS256")
        return found

    async with serving(ScriptedFeed(), Settings(port=0, tokens=TokenVerifier(secret, "ticker"))) as service:
        async with http.post(service.url + "/v1/login", json={"key": token(2_900)}) as response:
            assert response.status == 200
            assert 3_800 < len(response.headers["Set-Cookie"]) <= 4_096
        long = token(3_050)
        async with http.post(service.url + "/v1/login", json={"key": long}) as response:
            assert (response.status, (await response.json())["code"]) == (413, "too-large")
            assert "Set-Cookie" not in response.headers
        # It is valid in a header.
        async with http.get(service.url + "/v1/symbols", headers=bearer(long)) as response:
            assert response.status == 200

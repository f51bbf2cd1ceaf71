"""HTTP errors, also those that aiohttp finds, are `error` objects; no response tells the server's version."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import ticker
from tests.support.frames import RawClient, handshake, raw_client
from tests.support.python_names import python_names
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.server import Service, Settings
from ticker.server.http import prices
from ticker.wire.codes import ERROR_CODES


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving(ScriptedFeed()) as service:
        yield service


def request(first: str, *lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([first, "Host: localhost", *lines, "", ""]).encode() + body


async def answer(client: RawClient) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and the JSON body."""
    status, headers = await client.head()
    return status, headers, json.loads(await client.reader.readexactly(int(headers["content-length"])))


REQUESTS: dict[str, tuple[bytes, int, str]] = {
    "an unknown path": (request("GET /nothing HTTP/1.1"), 404, "unknown-path"),
    "a file that there is not": (request("GET /static/nothing HTTP/1.1"), 404, "unknown-path"),
    "an unknown path, another method": (request("PROPFIND /nothing HTTP/1.1"), 404, "unknown-path"),
    "a method of other servers": (request("PROPFIND /v1/symbols HTTP/1.1"), 405, "unknown-method"),
    "an unknown method": (request("BREW /v1/symbols HTTP/1.1"), 400, "bad-request"),
    "another path's method": (request("DELETE /v1/symbols HTTP/1.1"), 405, "unknown-method"),
    "the whole server": (request("OPTIONS * HTTP/1.1"), 404, "unknown-path"),
    "a head too long": (request("GET / HTTP/1.1", f"X: {'x' * 9_000}"), 400, "bad-request"),
    "a path too long": (request(f"GET /{'x' * 9_000} HTTP/1.1"), 400, "bad-request"),
    "no method": (request("\x16\x03\x01\x02 nothing"), 400, "bad-request"),
    "no version": (request("GET / NOTHING/1.1"), 400, "bad-request"),
    "a header without colon": (request("GET / HTTP/1.1", "nothing"), 400, "bad-request"),
    "two lengths": (request("GET / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), 400, "bad-request"),
    "a length of a word": (request("POST /v1/poll HTTP/1.1", "Content-Length: x"), 400, "bad-request"),
    "an expectation": (request("GET /v1/symbols HTTP/1.1", "Expect: tea"), 417, "bad-request"),
    "an expectation of nothing": (request("GET /nothing HTTP/1.1", "Expect: tea"), 417, "bad-request"),
    "a body too large": (
        request("POST /v1/login HTTP/1.1", "Content-Type: application/json", "Content-Length: 99999999")
        + b" " * 2_000_000,
        413,
        "too-large",
    ),
    "no content type": (request("POST /v1/poll HTTP/1.1"), 415, "json-needed"),
    "no upgrade": (request("GET /v1/stream HTTP/1.1"), 426, "upgrade-required"),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_error_is_an_error_object_of_a_known_code(name: str, tmp_path: Path) -> None:
    """With authentication, too, where unknown paths get 401. Each is from `ticker`, without a version."""
    wire, expected, code = REQUESTS[name]
    with editing(tmp_path / "keys"):
        pass
    for settings in (Settings(port=0), Settings(port=0, keys=tmp_path / "keys")):
        async with serving(ScriptedFeed(), settings) as service, raw_client(service.port) as client:
            if settings.keys is None and name == "a body too large":
                continue  # without authentication, a login has no body
            client.send(wire)
            status, headers, error = await answer(client)
            told = (status, error["code"])
            assert told == (expected, code) or (told == (401, "unauthorized") and settings.keys is not None)
            assert error["type"] == "error"
            assert error["code"] in ERROR_CODES
            assert python_names(error["message"]) == []
            assert headers["server"] == "ticker"
            assert headers["content-type"] == "application/json"
            assert headers["x-content-type-options"] == "nosniff"
            assert ("allow" in headers) is (status == 405)


async def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(service: Service) -> None:
    async with raw_client(service.port) as client:
        client.send(request("PUT /v1/poll HTTP/1.1"))
        _, headers, error = await answer(client)
        assert headers["allow"] == "GET,POST"
        assert error["message"] == "this path has the methods GET, POST"


async def test_errors_of_head_requests_have_headers_only(service: Service) -> None:
    async with raw_client(service.port) as client:
        client.send(request("HEAD /nothing HTTP/1.1"), request("GET /v1/symbols HTTP/1.1"))
        status, headers = await client.head()
        assert (status, headers["content-type"]) == (404, "application/json")
        assert int(headers["content-length"]) > 40
        # The next response follows at once.
        status, _, symbols = await answer(client)
        assert (status, symbols["symbols"]) == (200, ["AAPL", "MSFT", "GOOG"])


async def test_a_failing_handler_is_answered_without_its_reason(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has it. Also for browsers, which aiohttp answers with HTML."""

    def fail(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(prices, "visible_symbols", fail)
    with caplog.at_level(logging.ERROR):
        async with raw_client(service.port) as client:
            client.send(request("GET /v1/symbols HTTP/1.1", "Accept: text/html"))
            status, headers, error = await answer(client)
    assert (status, error["code"], headers["server"]) == (500, "internal", "ticker")
    assert "secret" not in error["message"]
    assert "a secret of the inside" in caplog.text


async def test_every_kind_of_response_names_the_server_and_nothing_more(service: Service) -> None:
    """Pages, files, streams, upgrades and answers without a body."""
    wires = [
        *(request(f"GET {path} HTTP/1.1") for path in ("/", "/static/favicon.svg", "/healthz", "/metrics")),
        request("HEAD / HTTP/1.1"),
        request("GET /v1/events?symbols=AAPL HTTP/1.1"),
        request("GET /v1/poll?symbols=AAPL&wait=0 HTTP/1.1"),
        handshake(),
    ]
    for wire in wires:
        async with raw_client(service.port) as client:
            client.send(wire)
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert [line for line in head.split(b"\r\n") if line.lower().startswith(b"server:")] == [b"Server: ticker"]
            assert b"aiohttp" not in head.lower()
            assert b"python" not in head.lower()


async def test_only_admins_see_the_servers_version(tmp_path: Path) -> None:
    """Without authentication: only localhost, and not through a proxy."""
    path = tmp_path / "keys"
    keys = {}
    for name, admin in (("owner", True), ("desk", False)):
        with editing(path) as rows:
            keys[name] = {"Authorization": f"Bearer {add(rows, name, Entitlements(admin=admin))[1]}"}
    exact = f"ticker/{ticker.__version__}"
    trusting = Settings(port=0, proxies=(ip_network("127.0.0.1"),))
    local: dict[str, str] = {}
    away = {"X-Forwarded-For": "203.0.113.7"}
    for settings, headers, shown in (
        (Settings(port=0, keys=path), keys["owner"], exact),
        (Settings(port=0, keys=path), keys["desk"], "ticker"),
        (Settings(port=0, keys=path), local, None),
        (Settings(port=0), local, exact),
        (Settings(port=0), away, "ticker"),
        (trusting, away, "ticker"),
    ):
        async with serving(ScriptedFeed(), settings) as service, aiohttp.ClientSession(headers=headers) as http:
            async with http.get(service.url + "/healthz") as response:
                assert (await response.json()).get("server") == shown
            async with http.get(service.url + "/") as response:
                assert ticker.__version__ not in await response.text()
            if shown is not None:
                async with http.ws_connect(service.url + "/v1/stream") as stream:
                    assert (await stream.receive_json())["server"] == "ticker"

"""Addresses, keys, and the proxy that all of a client's requests go through."""

from __future__ import annotations

import pytest
from aiohttp import web

import ticker
from tests.support.scripted_server import scripted_server
from ticker.client.endpoint import Endpoint
from ticker.client.transports.dialer import TransportName


@pytest.mark.parametrize(
    ("given", "stream"),
    [
        ("ws://127.0.0.1:8000", "http://127.0.0.1:8000/v1/stream"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1/stream"),
        ("https://prices.example", "https://prices.example/v1/stream"),
        ("wss://prices.example/eu/v1/stream", "https://prices.example/eu/v1/stream"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/v1/stream"),
        ("localhost", "http://localhost/v1/stream"),
        ("[::1]:8000", "http://[::1]:8000/v1/stream"),
        ("ws://h:1?token=x#part", "http://h:1/v1/stream?token=x"),
        ("ws://h/prefix/", "http://h/prefix/v1/stream"),
        ("http://h/a/b?token=x", "http://h/a/b/v1/stream?token=x"),
        ("h/eu", "http://h/eu/v1/stream"),
        ("https://h/v1/stream/", "https://h/v1/stream"),
        ("https://h/eu/v1/poll", "https://h/eu/v1/stream"),
        ("https://h/v1/events", "https://h/v1/stream"),
        ("https://h/stream", "https://h/stream/v1/stream"),
        ("https://h/a%2Fb/", "https://h/a%2Fb/v1/stream"),
    ],
)
def test_an_address_may_have_any_fitting_scheme_or_none(given: str, stream: str) -> None:
    """A path is a prefix, unless it ends in an endpoint."""
    assert str(Endpoint(given).url) == stream


@pytest.mark.parametrize("given", ["wss://h/eu/v1/stream?token=x", "https://h/eu/", "https://h/eu?token=x"])
def test_other_paths_are_below_the_same_prefix(given: str) -> None:
    """The query goes: it may hold a token."""
    assert str(Endpoint(given).at("/v1/poll")) == "https://h/eu/v1/poll"
    assert str(Endpoint(given).at("/healthz")) == "https://h/eu/healthz"


@pytest.mark.parametrize("given", ["", "ftp://h", "ws://", "http:///path", "ws://h:port"])
def test_a_malformed_address_is_rejected(given: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Endpoint(given)


def test_the_name_for_logs_has_no_credentials() -> None:
    """Neither a password nor a token in the query, for people as well."""
    endpoint = Endpoint("wss://me:secret@h:1/x?token=secret#part")
    assert (endpoint.name, endpoint.given) == ("wss://h:1/x/v1/stream", "wss://h:1/x")


@pytest.mark.parametrize("given", ["http://h:1", "https://h/eu/", "ws://h:1/v1/stream", "h:1", "[::1]:8000"])
def test_people_see_the_address_as_it_was_given(given: str) -> None:
    assert Endpoint(given).given == given


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "schlüssel"])
async def test_a_malformed_key_is_rejected(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        await Endpoint("h", key).headers()


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxy settings."""
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("transport", "path"), [("websocket", "/v1/stream"), ("sse", "/v1/events"), ("poll", "/healthz")]
)
async def test_streams_and_history_use_the_same_proxy(
    no_proxy: pytest.MonkeyPatch, transport: TransportName, path: str
) -> None:
    """The host doesn't exist, so the requests can only have reached the proxy. It answers 404."""
    async with scripted_server() as proxy:
        no_proxy.setenv("http_proxy", proxy.url.replace("ws:", "http:"))
        proxy.refusals.append(web.Response(status=404))
        stream = ticker.connect("ticker.invalid:8000", ["A"], transport=transport)
        with pytest.raises(ticker.RefusedError, match="404"):
            await stream.open()
        with pytest.raises(ticker.StreamError, match="404"):
            await stream.bars("A")
        assert proxy.targets == [
            f"http://ticker.invalid:8000{path}",
            "http://ticker.invalid:8000/v1/bars/A?interval=1m&limit=500",
        ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_local_server_is_reached_without_the_proxy(no_proxy: pytest.MonkeyPatch, host: str) -> None:
    async with scripted_server() as server:
        no_proxy.setenv("http_proxy", "http://proxy.invalid:1")
        server.refusals.append(web.Response(status=404))
        with pytest.raises(ticker.RefusedError, match="404"):
            await ticker.connect(server.url.replace("127.0.0.1", host), ["A"], transport="websocket").open()
        assert server.targets == ["/v1/stream"]


async def test_no_proxy_excludes_a_host(no_proxy: pytest.MonkeyPatch) -> None:
    async with scripted_server() as proxy:
        no_proxy.setenv("http_proxy", proxy.url.replace("ws:", "http:"))
        no_proxy.setenv("no_proxy", "ticker.invalid")
        with pytest.raises(ticker.ConnectError):
            await ticker.connect("ticker.invalid:8000", ["A"]).open()
        assert proxy.targets == []

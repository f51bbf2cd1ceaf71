"""Which `X-Forwarded-*` headers are trusted."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from ticker.server.middleware.proxy import trust_proxy_headers

PROXIES = tuple(map(ip_network, ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]))


async def seen(headers: list[tuple[str, str]], peer: str = "10.0.0.1") -> tuple[str | None, str, str]:
    """The address, scheme and host that a handler gets."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"{request.remote} {request.scheme} {request.host}")

    from multidict import CIMultiDict

    request = make_mocked_request("GET", "/", headers=CIMultiDict([("Host", "ticker.example"), *headers]))
    request = request.clone(remote=peer)
    response = await trust_proxy_headers(PROXIES)(request, handler)
    assert isinstance(response, web.Response)
    assert response.text is not None
    address, scheme, host = response.text.split()
    return address, scheme, host


@pytest.mark.parametrize(
    ("hops", "peer", "address"),
    [
        (["203.0.113.7"], "10.0.0.1", "203.0.113.7"),
        (["203.0.113.7, 10.0.0.2"], "10.0.0.1", "203.0.113.7"),
        (["198.51.100.9, 203.0.113.7"], "10.0.0.1", "203.0.113.7"),
        (["198.51.100.9", "203.0.113.7, 10.9.9.9"], "10.0.0.1", "203.0.113.7"),
        (["203.0.113.7:4711"], "10.0.0.1", "203.0.113.7"),
        (["[2001:db9::7]:4711"], "2001:db8::1", "2001:db9::7"),
        (["::ffff:203.0.113.7"], "10.0.0.1", "203.0.113.7"),
        (["nonsense"], "10.0.0.1", "10.0.0.1"),
        (["203.0.113.7, nonsense"], "10.0.0.1", "10.0.0.1"),
        ([], "10.0.0.1", "10.0.0.1"),
        (["198.51.100.9"], "203.0.113.7", "203.0.113.7"),
        (["198.51.100.9"], "192.0.2.1", "198.51.100.9"),
    ],
)
async def test_the_client_is_the_last_address_that_is_not_a_trusted_proxy(
    hops: list[str], peer: str, address: str
) -> None:
    assert (await seen([("X-Forwarded-For", hop) for hop in hops], peer))[0] == address


async def test_scheme_and_host_of_a_trusted_proxy_are_used() -> None:
    headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "prices.example")]
    assert await seen(headers) == ("10.0.0.1", "https", "prices.example")
    assert await seen(headers, "203.0.113.7") == ("203.0.113.7", "http", "ticker.example")
    assert (await seen([("X-Forwarded-Proto", "gopher")]))[1] == "http"


async def test_without_a_host_header_no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP/1.0 allows that. Looking up this machine's name may block."""
    monkeypatch.setattr("socket.getfqdn", lambda: pytest.fail("asked"))

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=request.host)

    for proxies in ((), PROXIES):
        response = await trust_proxy_headers(proxies)(make_mocked_request("GET", "/").clone(remote="10.0.0.1"), handler)
        assert isinstance(response, web.Response)
        assert response.text == ""


async def test_an_untrusted_proxy_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """With the option that helps. Trusted proxies, and clients without the header, are not."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    forward = trust_proxy_headers(PROXIES)
    for headers, peer in (
        ({}, "203.0.113.7"),
        ({"X-Forwarded-For": "198.51.100.9"}, "10.0.0.1"),
        ({"X-Forwarded-For": "198.51.100.9"}, "203.0.113.8"),
        ({"X-Forwarded-For": "198.51.100.9"}, "203.0.113.9"),
    ):
        request = make_mocked_request("GET", "/", headers={"Host": "ticker.example", **headers})
        await forward(request.clone(remote=peer), handler)
    (line,) = caplog.messages
    assert "203.0.113.8" in line
    assert "--trusted-proxy" in line

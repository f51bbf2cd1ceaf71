"""Reads a client's address, scheme and host from ``X-Forwarded-For``, ``-Proto`` and ``-Host`` of trusted proxies.

From any other client these headers are ignored, because they can be forged.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.server.core.address import Network

log = logging.getLogger("ticker.server")


def trust_proxy_headers(proxies: Sequence[Network]) -> Middleware:
    """A middleware that replaces a request's ``remote``, ``scheme`` and ``host`` if a trusted proxy forwarded it.

    Logs one warning if another client sends ``X-Forwarded-For``: if that is a proxy, its clients share its limits.
    """
    warned = False

    @web.middleware
    async def forward(request: web.Request, handler: Handler) -> web.StreamResponse:
        if hdrs.HOST not in request.headers:
            # HTTP/1.0 allows that. aiohttp would look up this machine's name instead, which may block.
            request = request.clone(host="")
        if not _contains(proxies, request.remote):
            nonlocal warned
            if not warned and hdrs.X_FORWARDED_FOR in request.headers:
                warned = True
                log.warning(
                    "X-Forwarded-For from %s is ignored. If that is your proxy, start with --trusted-proxy %s;"
                    " until then all its clients share one budget of messages and the limits of one address",
                    *(request.remote, request.remote),
                )
            return await handler(request)
        scheme = _last(request, hdrs.X_FORWARDED_PROTO)
        if scheme not in ("http", "https"):
            scheme = request.scheme
        host = _last(request, hdrs.X_FORWARDED_HOST) or request.host
        return await handler(request.clone(remote=_client_address(request, proxies), scheme=scheme, host=host))

    return forward


def _client_address(request: web.Request, proxies: Sequence[Network]) -> str:
    """The last address in ``X-Forwarded-For`` that isn't a trusted proxy's. Those before it may be forged."""
    hops = [hop.strip() for line in request.headers.getall(hdrs.X_FORWARDED_FOR, []) for hop in line.split(",")]
    found = request.remote or ""
    for hop in reversed(hops):
        address = _parse(hop)
        if address is None or not _contains(proxies, found):
            break
        found = str(address)
    return found


def _last(request: web.Request, name: str) -> str:
    lines = request.headers.getall(name, [])
    return lines[-1].split(",")[-1].strip() if lines else ""


def _contains(networks: Sequence[Network], text: str | None) -> bool:
    address = _parse(text or "")
    return address is not None and any(address in network for network in networks)


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, which may have a port as some proxies add it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found

"""Who really asks, behind proxies that are known: ``X-Forwarded-For``, ``-Proto`` and ``-Host`` are theirs to say.

Whoever else sends these headers is not believed: anybody can.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.server.core.settings import Network


def networks(given: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks (``10.0.0.0/8``). Raises ``ValueError`` for what is neither."""
    return tuple(ipaddress.ip_network(each) for each in given)


def behind(proxies: Sequence[Network]) -> Middleware:
    """A middleware: where a proxy hands a request on, those that come after it see whom it came from."""

    @web.middleware
    async def look(request: web.Request, handler: Handler) -> web.StreamResponse:
        if hdrs.HOST not in request.headers:
            # HTTP/1.0 needs no Host; aiohttp would ask the network for this machine's name instead, and wait.
            request = request.clone(host="")
        if not _is_in(request.remote, proxies):
            return await handler(request)
        scheme = _last(request, hdrs.X_FORWARDED_PROTO)
        if scheme not in ("http", "https"):
            scheme = request.scheme
        host = _last(request, hdrs.X_FORWARDED_HOST) or request.host
        return await handler(request.clone(remote=_client(request, proxies), scheme=scheme, host=host))

    return look


def _client(request: web.Request, proxies: Sequence[Network]) -> str:
    """The last address that no proxy of ours vouches for: what stands before it may be made up."""
    hops = [hop.strip() for line in request.headers.getall(hdrs.X_FORWARDED_FOR, []) for hop in line.split(",")]
    found = request.remote or ""
    for hop in reversed(hops):
        if not _is_in(found, proxies):
            break
        address = _address(hop)
        if address is None:
            break
        found = str(address)
    return found


def _last(request: web.Request, name: str) -> str:
    lines = request.headers.getall(name, [])
    return lines[-1].split(",")[-1].strip() if lines else ""


def _is_in(text: str | None, proxies: Sequence[Network]) -> bool:
    address = _address(text or "")
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, also with a port behind it, as some proxies write it."""
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

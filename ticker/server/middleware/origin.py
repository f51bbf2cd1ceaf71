"""Limits pages of other sites to reading (RFC 6454; WebSockets: RFC 6455, section 10.2).

Browsers let any page open WebSockets and submit forms to any server they can reach, localhost included, and send the
page's origin along. Requests that change something, and upgrades, are accepted only from the server's own pages and
from allowed origins. Programs send no origin and are let through.

A site can also resolve its own name to this machine (DNS rebinding), so that a browser takes its pages for the
server's own. Only the ``Host`` header gives that away: see ``REBOUND``.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.server.core.address import is_loopback, limit_key
from ticker.server.core.rate_limited_log import RateLimitedLog
from ticker.server.core.responses import HttpError

log = logging.getLogger("ticker.auth")

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443}
#: Whether a request from this machine names the server by a hostname that a site could have pointed at it.
REBOUND = web.RequestKey("ticker.rebound", bool)


def check_origin(allowed: Collection[str]) -> Middleware:
    """A middleware. ``allowed`` are origins like ``https://prices.example``; ``*`` allows any."""
    names = {urlsplit(origin).hostname for origin in allowed}
    refused = RateLimitedLog(log)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        changes = request.method not in _SAFE_METHODS or hdrs.UPGRADE in request.headers
        origins = request.headers.getall(hdrs.ORIGIN, [None])
        if changes and not all(
            is_allowed_origin(each, request.host, allowed, secure=request.secure) for each in origins
        ):
            address = request.remote or "unknown"
            what = "a WebSocket" if hdrs.UPGRADE in request.headers else f"a {request.method}"
            text = "refused %s from %s of a page of %.100r; if you trust it, start the server with --allow-origin"
            refused.warning(limit_key(address), text, what, address, ", ".join(map(str, origins)))
            raise HttpError(403, "bad-origin", "this page's origin is not allowed; see --allow-origin")
        host = _hostname(request.host)
        known = "*" in allowed or host in names or _is_local_name(host)
        request[REBOUND] = not known and is_loopback(request.remote or "")
        return await handler(request)

    return check


def is_allowed_origin(origin: str | None, host: str, allowed: Collection[str], *, secure: bool = False) -> bool:
    """Whether a page of ``origin`` (None: a program) may change something on the server that it knows as ``host``.

    ``secure``: the request came over TLS. Pages loaded without TLS, which an attacker may have altered, then may not.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    try:
        page = urlsplit(origin)
        if secure and page.scheme != "https":
            return False
        port, own = _PORTS.get(page.scheme), urlsplit(f"{page.scheme}://{host}")
        return page.hostname is not None and (page.hostname, page.port or port) == (own.hostname, own.port or port)
    except ValueError:
        return False


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"http://{host}").hostname or ""
    except ValueError:
        return "?"


def _is_local_name(name: str) -> bool:
    """Whether a name can't be a site's: an address, none at all, or one reserved for localhost (RFC 6761)."""
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True

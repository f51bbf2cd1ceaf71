"""What a page of another site may do: nothing but read (RFC 6454; WebSockets: RFC 6455, section 10.2).

Browsers let any page open a WebSocket to, and send a form to, any server that they reach, this machine's own included,
and say which page it was. So what changes something, and every upgrade, is for pages of this server alone, and for
those that its owner names. Programs name no page, and are let through.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.server.http import refusal

_SAFE = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443}


def checks_origin(allowed: Collection[str]) -> Middleware:
    """A middleware. ``allowed``: origins besides the server's own, as ``https://prices.example``; ``*`` is any."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        changes = request.method not in _SAFE or hdrs.UPGRADE in request.headers
        if changes and not is_welcome(request.headers.get(hdrs.ORIGIN), request.host, allowed):
            return refusal(403, "bad-origin", "a page of another site may not do this; --allow-origin lets it")
        return await handler(request)

    return check


def is_welcome(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of ``origin`` (None: a program) may change something on the server that was called ``host``."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    try:
        found = urlsplit(origin)
        port = found.port or _PORTS.get(found.scheme)
        called = urlsplit(f"{found.scheme}://{host}")
        return found.hostname is not None and (found.hostname, port) == (
            called.hostname,
            called.port or _PORTS.get(found.scheme),
        )
    except ValueError:
        return False

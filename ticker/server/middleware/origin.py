"""What a page of another site may do: nothing but read (RFC 6454; WebSockets: RFC 6455, section 10.2).

Browsers let any page open a WebSocket to, and send a form to, any server that they reach, this machine's own included,
and say which page it was. So what changes something, and every upgrade, is for pages of this server alone, and for
those that its owner names. Programs name no page, and are let through.

A site may also have its own name lead to this machine (DNS rebinding): to a browser its pages are the server's own.
Only the name by which the server is called gives that away: see ``is_misnamed``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.server.core.localhost import is_own
from ticker.server.core.responses import refusal

_SAFE = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443}
_MISNAMED = web.RequestKey("ticker.misnamed", bool)


def checks_origin(allowed: Collection[str]) -> Middleware:
    """A middleware. ``allowed``: origins besides the server's own, as ``https://prices.example``; ``*`` is any."""
    names = {urlsplit(origin).hostname for origin in allowed}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        changes = request.method not in _SAFE or hdrs.UPGRADE in request.headers
        given = request.headers.getall(hdrs.ORIGIN, [None])
        if changes and not all(is_welcome(each, request.host, allowed, secure=request.secure) for each in given):
            return refusal(403, "bad-origin", "a page of another site may not do this; --allow-origin lets it")
        called = _name(request.host)
        known = "*" in allowed or called in names or _leads_here(called)
        request[_MISNAMED] = not known and is_own(request.remote or "")
        return await handler(request)

    return check


def is_misnamed(request: web.Request) -> bool:
    """Whether this machine asks itself by a name that anybody may have made up."""
    found: bool = request.get(_MISNAMED, False)
    return found


def is_welcome(origin: str | None, host: str, allowed: Collection[str], *, secure: bool = False) -> bool:
    """Whether a page of ``origin`` (None: a program) may change something on the server that was called ``host``.

    ``secure``: over TLS. Then a page that came without it, which anybody on its way may have written, may not.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    try:
        found = urlsplit(origin)
        if secure and found.scheme != "https":
            return False
        port = found.port or _PORTS.get(found.scheme)
        called = urlsplit(f"{found.scheme}://{host}")
        return found.hostname is not None and (found.hostname, port) == (
            called.hostname,
            called.port or _PORTS.get(found.scheme),
        )
    except ValueError:
        return False


def _name(host: str) -> str:
    try:
        return urlsplit(f"http://{host}").hostname or ""
    except ValueError:
        return "?"


def _leads_here(name: str) -> bool:
    """Whether a name is none that a site could have: an address, none at all, or RFC 6761's for this machine."""
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True

"""Authenticates requests: a key or token in ``Authorization: Bearer`` (RFC 6750), or a browser's session cookie.

Neither is accepted in a URL, which logs and histories keep.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from ticker.auth.authenticator import Authenticator
from ticker.auth.identity import ANYONE, Identity
from ticker.server.core.address import limit_key
from ticker.server.core.rate_limited_log import RateLimitedLog
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import HttpError
from ticker.server.middleware.login_throttle import LoginThrottle
from ticker.server.middleware.origin import REBOUND

#: docs/deploy.md has the line of a failed login for fail2ban.
log = logging.getLogger("ticker.auth")

COOKIE: Final = "ticker_session"
#: Names of the routes that need no key: load balancers and the login page must reach them.
PUBLIC_ROUTES: Final = frozenset({"dashboard", "static", "health", "session", "login", "logout"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="ticker"'}


class Authentication:
    """``errors`` counts wrong keys whose client disconnected before the answer."""

    def __init__(self, auth: Authenticator, throttle: LoginThrottle, errors: Counter[str]) -> None:
        self._auth = auth
        self._throttle = throttle
        self._errors = errors
        self._failures = RateLimitedLog(log, per_minute=300, per_source=20)
        self._rebound = RateLimitedLog(log)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Sets the request's identity. On public routes without valid credentials it has none."""
        if self._auth.open:
            if request.get(REBOUND):
                self._rebound.warning(
                    request.host,
                    "refused a request from %s for the host %.100r, which is not the server's; see --allow-origin",
                    *(request.remote, request.host),
                )
                text = "this hostname is not the server's; allow it with --allow-origin http://NAME"
                raise HttpError(403, "bad-origin", text)
            request[IDENTITY] = ANYONE
            return await handler(request)
        identity: Identity | None = None
        credential = _bearer(request)
        if credential is not None:
            identity = await self.identify(request, credential)
        elif COOKIE in request.cookies:
            identity = self._auth.unseal(request.cookies[COOKIE])
        if identity is not None:
            request[IDENTITY] = identity
        elif request.match_info.route.name not in PUBLIC_ROUTES:
            raise _unauthorized("a key or token is required: Authorization: Bearer")
        return await handler(request)

    async def identify(self, request: web.Request, credential: str) -> Identity:
        """The identity of a key or token. Raises ``HttpError``, late, if it is not valid."""
        identity = self._auth.identify(credential)
        if identity is not None:
            return identity
        address = request.remote or "unknown"
        self._failures.warning(limit_key(address), "failed login from %s", address)
        try:
            answer = await self._throttle.record_failure(request.remote)
        except asyncio.CancelledError:
            # Valid keys are answered at once, so a client that hangs up before this knows that the key is wrong.
            self._errors["unauthorized"] += 1
            raise
        if answer:
            raise _unauthorized("the key or token is invalid or has expired")
        headers = {"Retry-After": str(self._throttle.retry_after_s)}
        raise HttpError(429, "too-many-attempts", "too many wrong keys from your address; try again later", headers)


def _bearer(request: web.Request) -> str | None:
    """The credential in the ``Authorization`` header; None without one. Any other scheme counts as a wrong key."""
    lines = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not lines:
        return None
    scheme, _, credential = lines[0].partition(" ")
    return credential.strip() if len(lines) == 1 and scheme.lower() == "bearer" else ""


def _unauthorized(message: str) -> HttpError:
    return HttpError(401, "unauthorized", message, _CHALLENGE)

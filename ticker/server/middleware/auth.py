"""Asks everybody who they are before anything else is done, and keeps the log-ins of browsers.

Programs bring their key or token with each request (RFC 6750: ``Authorization: Bearer …``), browsers a cookie that they
got for it. Neither ever stands in an address, where logs and histories would keep it.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.auth.authenticator import Authenticator
from ticker.auth.identity import ANYONE, Identity, for_everybody, identified, is_for_everybody, known
from ticker.server.core.responses import body_of, json_response, refusal
from ticker.server.middleware.login_throttle import Attempts
from ticker.server.middleware.origin import is_misnamed

COOKIE = "ticker_session"
#: A key has 52 characters, a token may have some thousand.
_MAX_BYTES = 16_384
#: RFC 6265, section 6.1: what browsers keep at least of a cookie, its name and attributes included. They say nothing
#: when they drop it.
_COOKIE_BYTES = 4_096
_MISNAMED = "this machine calls itself localhost, or by its address; --allow-origin http://NAME lets it have another"
_CHALLENGE = {hdrs.WWW_AUTHENTICATE: 'Bearer realm="ticker"'}


class _LogIn(msgspec.Struct, frozen=True):
    key: str


class Guard:
    """The middleware, and the handlers of log-in and log-out.

    ``errors``: where wrong keys count whose answer nobody waited for.
    """

    def __init__(self, auth: Authenticator, attempts: Attempts, errors: Counter[str]) -> None:
        self._auth = auth
        self._attempts = attempts
        self._errors = errors

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/session", self.session),
            web.post("/v1/login", self.log_in),
            web.post("/v1/logout", self.log_out),
        ]

    def middleware(self) -> Middleware:
        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._auth.open:
                if is_misnamed(request):
                    return refusal(403, "bad-origin", _MISNAMED)
                identified(request, ANYONE)
                return await handler(request)
            credential = _bearer(request)
            found: Identity | None = None
            if credential is not None:
                found = self._auth.identify(credential)
                if found is None:
                    return await self._wrong(request)
            elif COOKIE in request.cookies:
                found = self._auth.unseal(request.cookies[COOKIE])
            if found is not None:
                identified(request, found)
            elif not is_for_everybody(request):
                text = "say who you are: Authorization: Bearer, and a key or token"
                return _unauthorized(text)
            return await handler(request)

        return check

    async def _wrong(self, request: web.Request) -> web.Response:
        try:
            fine = await self._attempts.wrong(request.remote)
        except asyncio.CancelledError:
            # Right ones are answered at once: who hangs up before this has learnt as much.
            self._errors["unauthorized"] += 1
            raise
        if fine:
            return _unauthorized("the key or token is not good, or not any more")
        response = refusal(429, "too-many-attempts", "too many wrong keys from your address; try again later")
        response.headers[hdrs.RETRY_AFTER] = str(self._attempts.retry_after_s)
        return response

    @for_everybody
    async def session(self, request: web.Request) -> web.Response:
        """Whether one has to log in here, and who one is."""
        found = known(request)
        return json_response(
            {
                "required": not self._auth.open,
                "name": found and found.name,
                "admin": found is not None and found.may.admin,
                "expires": found and found.expires_s,
            }
        )

    @for_everybody
    async def log_in(self, request: web.Request) -> web.Response:
        if self._auth.open:
            return json_response({"name": ""})
        if request.content_type != "application/json":
            return refusal(415, "json-needed", "send the body as application/json")
        body = await body_of(request, _MAX_BYTES)
        if body is None:
            return refusal(413, "too-large", f"a request has at most {_MAX_BYTES} bytes")
        try:
            credential = msgspec.json.decode(body, type=_LogIn).key.strip()
        except (msgspec.DecodeError, RecursionError):
            return refusal(400, "bad-argument", "key: missing; the body is an object with the key or token")
        found = self._auth.identify(credential)
        if found is None:
            return await self._wrong(request)
        value, ends_s = self._auth.seal(credential, found)
        response = json_response({"name": found.name, "expires": ends_s})
        # No Max-Age: it ends with the browser, or sooner.
        response.set_cookie(COOKIE, value, httponly=True, samesite="Strict", secure=request.secure, path="/")
        if len(response.cookies[COOKIE].OutputString()) > _COOKIE_BYTES:
            text = f"the token is too long: its session takes more than the {_COOKIE_BYTES} bytes that browsers keep"
            return refusal(413, "too-large", text)
        return response

    @for_everybody
    async def log_out(self, request: web.Request) -> web.Response:
        response = json_response({})
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=request.secure)
        return response


def _bearer(request: web.Request) -> str | None:
    """The credential of the one ``Authorization`` header; what isn't one is a wrong key."""
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    if not given:
        return None
    scheme, _, credential = given[0].partition(" ")
    return credential.strip() if len(given) == 1 and scheme.lower() == "bearer" else ""


def _unauthorized(text: str) -> web.Response:
    response = refusal(401, "unauthorized", text)
    response.headers.update(_CHALLENGE)
    return response

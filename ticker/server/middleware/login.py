"""`/v1/session`, `/v1/login` and `/v1/logout`: a browser exchanges a key or token for a session cookie."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from ticker.auth.authenticator import Authenticator
from ticker.server.core.requests import IDENTITY, read_json, read_message
from ticker.server.core.responses import HttpError, bad_argument, json_response
from ticker.server.middleware.auth import COOKIE, Authentication

#: A key has 52 characters, a token may have some thousand.
MAX_BYTES: Final = 16_384
#: RFC 6265, section 6.1: browsers keep cookies of at least this size, name and attributes included, and silently drop
#: larger ones.
MAX_COOKIE_BYTES: Final = 4_096


class _LoginRequest(msgspec.Struct, frozen=True):
    key: str


class _LogoutRequest(msgspec.Struct, frozen=True):
    """``everywhere``: all sessions of the same key or token."""

    everywhere: bool = False


class LoginEndpoint:
    def __init__(self, auth: Authenticator, authentication: Authentication) -> None:
        self._auth = auth
        self._authentication = authentication

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/session", self.session, name="session"),
            web.post("/v1/login", self.log_in, name="login"),
            web.post("/v1/logout", self.log_out, name="logout"),
        ]

    async def session(self, request: web.Request) -> web.Response:
        """Whether authentication is required, and the client's identity."""
        identity = request.get(IDENTITY)
        return json_response(
            {
                "required": not self._auth.open,
                "name": identity and identity.name,
                "admin": identity is not None and identity.may.admin,
                "expires": identity and identity.expires_s,
            }
        )

    async def log_in(self, request: web.Request) -> web.Response:
        if self._auth.open:
            return json_response({"name": ""})
        body = await read_json(request, MAX_BYTES)
        try:
            credential = msgspec.json.decode(body, type=_LoginRequest).key.strip()
        except (msgspec.DecodeError, RecursionError):
            raise bad_argument("key", "missing; the body must be a JSON object") from None
        identity = await self._authentication.identify(request, credential)
        value, expires_s = self._auth.seal(credential, identity)
        response = json_response({"name": identity.name, "expires": expires_s})
        # Without Max-Age it ends with the browser, or sooner.
        response.set_cookie(COOKIE, value, httponly=True, samesite="Strict", secure=request.secure, path="/")
        if len(response.cookies[COOKIE].OutputString()) > MAX_COOKIE_BYTES:
            raise HttpError(413, "too-large", f"the token is too long: its cookie exceeds {MAX_COOKIE_BYTES} bytes")
        return response

    async def log_out(self, request: web.Request) -> web.Response:
        """End the session, so that copies of its cookie are worthless; without one, do nothing."""
        everywhere = request.body_exists and (await read_message(request, _LogoutRequest, MAX_BYTES)).everywhere
        if COOKIE in request.cookies:
            self._auth.log_out(request.cookies[COOKIE], everywhere=everywhere)
        response = json_response({})
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=request.secure)
        return response

"""`POST /v1/notices`: the operator sends a notice to all connected clients, or to those of one key."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from ticker.hub.hub import Hub
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.requests import is_operator, read_message
from ticker.server.core.responses import HttpError, argument, json_response

#: The sender of notices.
OPERATOR: Final = "operator"


class NoticeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body. ``to`` is a key's name or a token's `sub`; without it the notice goes to all clients."""

    text: str
    to: str | None = None


class NoticesEndpoint:
    def __init__(self, hub: Hub, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        # JSON may take 6 bytes for a letter; the rest is for the name and the keys.
        self._max_bytes = 6 * hub.limits.text_chars + 1_024

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/notices", self.notify)]

    async def notify(self, request: web.Request) -> web.Response:
        if not is_operator(request):
            raise HttpError(
                403, "not-entitled", "notices need a key with --admin, or localhost on a server without authentication"
            )
        notice = await read_message(request, NoticeRequest, self._max_bytes)
        with argument("text"):
            reached = self._dispatcher.notify(notice.text, OPERATOR, notice.to)
        return json_response({"reached": reached})

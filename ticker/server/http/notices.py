"""The operator's word over HTTP: `POST /v1/notices` tells it to everybody who is connected, or to those of one key.

A page of another site can't, because the body must come as ``application/json``, which browsers don't let it send.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec
from aiohttp import web

from ticker.hub.hub import Hub
from ticker.server.core.localhost import is_owner
from ticker.server.core.metronome import Metronome
from ticker.server.core.responses import json_response, message_of, refusal

#: Whom notices are from.
OPERATOR: Final = "operator"


class NoticeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a POST. ``to``: the key's name, or a token's `sub`; without, it is for everybody."""

    text: str
    to: str | None = None


class NoticesEndpoint:
    """The handler."""

    def __init__(self, hub: Hub, metronome: Metronome) -> None:
        self._hub = hub
        self._metronome = metronome
        #: A letter may take 6 bytes in JSON; the name and the rest have their share.
        self._most = 6 * hub.limits.text_chars + 1_024

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/notices", self.notify)]

    async def notify(self, request: web.Request) -> web.Response:
        if not is_owner(request):
            return refusal(403, "not-entitled", "speaking to everybody is for keys with --admin, or this machine's own")
        wanted = await message_of(request, NoticeRequest, self._most)
        if isinstance(wanted, web.Response):
            return wanted
        try:
            reached = self._hub.notify(wanted.text, OPERATOR, time.time_ns(), wanted.to)
        except ValueError as error:
            return refusal(400, "bad-argument", f"text: {error}")
        # Who isn't ready for it is looked at again.
        self._metronome.check()
        return json_response({"reached": reached})

"""The replay's clock over HTTP: ``/v1/replay`` says where it is, and moves it.

All clients see one clock, so moving it is for admins, where the server asks who somebody is. A page of another site
can't, because the body must come as ``application/json``, which browsers don't let it send.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Final

import msgspec
from aiohttp import web

from ticker.auth.identity import identity
from ticker.feed.feed import Feed, ReplayFeed
from ticker.server.core.responses import json_response, message_of, refusal
from ticker.timeparse import moment_ns

#: The largest request: a command has a hundred bytes.
MAX_BYTES: Final = 4096
#: How long an answer waits for a seek to be done; then it tells how it is meanwhile.
SETTLE_S: Final = 10.0


class ReplayCommand(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a POST: an action, and what it needs."""

    action: str
    to: int | str | None = None
    speed: float | None = None
    count: int = 1


class ReplayEndpoint:
    """The handlers, for a feed that need not be a replay."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed if isinstance(feed, ReplayFeed) else None

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/replay", self.status), web.post("/v1/replay", self.command)]

    async def status(self, _request: web.Request) -> web.Response:
        return _no_replay() if self._feed is None else json_response(asdict(self._feed.replay))

    async def command(self, request: web.Request) -> web.Response:
        feed = self._feed
        if feed is None:
            return _no_replay()
        if not identity(request).may.admin:
            return refusal(403, "not-entitled", "all clients see one clock: moving it takes a key with --admin")
        command = await message_of(request, ReplayCommand, MAX_BYTES)
        if isinstance(command, web.Response):
            return command
        try:
            _obey(feed, command)
        except ValueError as error:
            return refusal(400, "bad-argument", str(error))
        # Who asks for a snapshot next gets the moment that was sought.
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await feed.settled()
        return json_response(asdict(feed.replay))


def _obey(feed: ReplayFeed, command: ReplayCommand) -> None:
    """Raises ``ValueError``, with the key's name first, for one that can't be."""
    match command.action:
        case "pause":
            feed.pause()
        case "resume":
            feed.resume()
        case "step":
            if not 1 <= command.count <= 1_000_000:
                raise ValueError(f"count: must be from 1 to 1,000,000, not {command.count}")
            feed.step(command.count)
        case "speed":
            if command.speed is None:
                raise ValueError("speed: missing; market seconds a second, 0: as fast as it goes")
            try:
                feed.set_speed(command.speed)
            except ValueError as error:
                raise ValueError(f"speed: {error}") from None
        case "seek":
            if command.to is None:
                raise ValueError("to: missing; say 10:30, or 2024-01-03T10:30:00, or nanoseconds")
            feed.seek(_moment(command.to, feed))
        case _:
            raise ValueError(f"action: there are pause, resume, step, seek and speed, not {command.action!r:.80}")


def _moment(to: int | str, feed: ReplayFeed) -> int:
    if isinstance(to, int):
        return to
    now = feed.replay
    try:
        return moment_ns(to, now.position, now.time_zone)
    except ValueError as error:
        raise ValueError(f"to: {error}") from None


def _no_replay() -> web.Response:
    return refusal(404, "no-replay", "the feed is not a replay; `ticker serve FILE` starts one")

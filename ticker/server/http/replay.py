"""`/v1/replay`: reads and moves the replay clock. All clients share it, so moving it takes an admin."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Final

import msgspec
from aiohttp import web

from ticker.feed.feed import Feed, ReplayFeed
from ticker.server.core.requests import IDENTITY, read_message
from ticker.server.core.responses import HttpError, argument, bad_argument, json_response
from ticker.timeparse import moment_ns

MAX_BYTES: Final = 4096
MAX_STEP: Final = 1_000_000
#: How long a response waits for a seek to finish. After that it reports the state so far.
SETTLE_S: Final = 10.0


class ReplayCommand(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a POST."""

    action: str
    to: int | str | None = None
    speed: float | None = None
    count: int = 1


class ReplayEndpoint:
    """Answers 404 if the feed is not a replay."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/replay", self.status), web.post("/v1/replay", self.command)]

    async def status(self, _request: web.Request) -> web.Response:
        return json_response(asdict(self._replay().replay))

    async def command(self, request: web.Request) -> web.Response:
        feed = self._replay()
        if not request[IDENTITY].may.admin:
            raise HttpError(
                403, "not-entitled", "moving the replay clock, which all clients share, needs a key with --admin"
            )
        command = await read_message(request, ReplayCommand, MAX_BYTES)
        _execute(feed, command)
        # So that a snapshot requested next shows the time that was sought.
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await feed.settled()
        return json_response(asdict(feed.replay))

    def _replay(self) -> ReplayFeed:
        if not isinstance(self._feed, ReplayFeed):
            raise HttpError(404, "no-replay", "the feed is not a replay; `ticker serve FILE` starts one")
        return self._feed


def _execute(feed: ReplayFeed, command: ReplayCommand) -> None:
    """Raises ``HttpError`` for an invalid command."""
    match command.action:
        case "pause":
            feed.pause()
        case "resume":
            feed.resume()
        case "step":
            if not 1 <= command.count <= MAX_STEP:
                raise bad_argument("count", f"must be from 1 to {MAX_STEP:,}, not {command.count}")
            feed.step(command.count)
        case "speed":
            if command.speed is None:
                raise bad_argument("speed", "missing; market seconds per second, 0: as fast as possible")
            with argument("speed"):
                feed.set_speed(command.speed)
        case "seek":
            if command.to is None:
                raise bad_argument("to", "missing; give 10:30, 2024-01-03T10:30:00 or nanoseconds")
            to, now = command.to, feed.replay
            with argument("to"):
                feed.seek(to if isinstance(to, int) else moment_ns(to, now.position, now.time_zone))
        case _:
            raise bad_argument("action", f"must be pause, resume, step, seek or speed, not {command.action!r:.80}")

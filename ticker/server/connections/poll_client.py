"""A client whose long poll is waiting."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from aiohttp import web

from ticker.fanout.subscription import Position
from ticker.hub.session import Session
from ticker.server.core.requests import IDENTITY


class PollClient:
    """As the hub's outlet it only notes that something changed. The response is a new snapshot."""

    kind: ClassVar[str] = "poll"
    backlog_bytes: ClassVar[int] = 0
    session: Session

    def __init__(self, request: web.Request) -> None:
        self.remote = request.remote
        self.identity = request[IDENTITY]
        self.since_s = time.monotonic()
        self.frames = self.bytes = 0
        self.changed = asyncio.Event()
        #: Whether its key, token or session has ended meanwhile.
        self.revoked = False

    def stuck_for_s(self, now_s: float) -> float:  # noqa: ARG002 - nothing is sent before the response
        return 0.0

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes, position: Position | None = None) -> None:  # noqa: ARG002 - see above
        self.frames += 1
        self.changed.set()

    def offer(self, payload: bytes, position: Position) -> bool:
        self.send(payload, position)
        return True

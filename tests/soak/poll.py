"""A polling client, with a new connection for each poll."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any
from urllib.parse import urlencode

from tests.soak.client import Client
from tests.soak.expected import Expected
from tests.soak.wire import LOST, request
from tests.support.model_client import Message

WAIT_S = 2.0


class PollingClient(Client):
    """Polls the channel `ticker`, the only one that can be polled."""

    def __init__(self, name: str, port: int, wanted: set[str], *, rate_hz: float, rng: random.Random) -> None:
        super().__init__(name, "model, poll, json", rng)
        self.wanted = wanted
        self._port = port
        self._rate_hz = rate_hz
        self._epoch: str | None = None
        self._version = 0
        self._view: dict[str, dict[str, Any]] = {}
        self._request: asyncio.Task[tuple[int, bytes]] | None = None

    async def run(self) -> None:
        while True:
            await self.here.wait()
            await self.awake.wait()
            await self._poll()
            await asyncio.sleep(1 / self._rate_hz if self._rate_hz else 0)

    async def _poll(self) -> None:
        query: dict[str, Any] = {"symbols": ",".join(sorted(self.wanted)), "wait": WAIT_S}
        watched = set(self.wanted)
        if self._epoch is not None:
            query |= {"epoch": self._epoch, "since": self._version}
            self.counts["resumes"] += 1
        self._request = asyncio.create_task(request(self._port, f"GET /v1/poll?{urlencode(query)}"))
        try:
            await asyncio.wait([self._request])
        finally:
            self._request.cancel()
        try:
            status, body = self._request.result()
        except asyncio.CancelledError:
            return  # ``leave`` cancelled it
        except LOST:
            self.counts["losses"] += 1
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))
            return
        self.counts["messages"] += 1
        if status == 503:
            self.closes[status] += 1
        elif status == 200:
            if watched == self.wanted:
                self._take(json.loads(body))
        else:
            assert status == 204, f"status {status}: {body!r}"

    def _take(self, found: Message) -> None:
        if found["epoch"] != self._epoch:
            self._epoch = found["epoch"]
            self._view.clear()
        else:
            assert found["version"] >= self._version, f"it goes back from {self._version} to {found['version']}"
        self._version = found["version"]
        self.wanted -= set(found.get("rejected", ()))
        for name, fields in found["data"].items():
            if fields is None:
                self._view.pop(name, None)
                continue
            mine = self._view.setdefault(name, {})
            mine.update(fields)
            for field in [field for field, value in mine.items() if value is None]:
                del mine[field]

    def _go(self, *, politely: bool) -> None:
        if self._request is not None:
            self._request.cancel()

    def rewatch(self, add: set[str], remove: set[str]) -> None:
        changed = (self.wanted - remove or self.wanted) | add
        if "*" not in self.wanted and changed != self.wanted:
            self.wanted = changed
            # The next poll fetches everything.
            self._epoch = None
            self._go(politely=True)

    def differs(self, expected: Expected) -> str | None:
        if self._epoch != expected.epoch:
            return f"in epoch {self._epoch}, the server in {expected.epoch}"
        found = {name: fields for name, fields in self._view.items() if fields}
        difference = expected.differs(found, self.wanted)
        return difference and f"at version {self._version} of {expected.version}: {difference}"

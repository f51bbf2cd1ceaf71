"""Charges HTTP requests to the budget of their key or address, and lets them wait for their turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ticker.auth.identity import ANYONE
from ticker.server.connections.budgets import BYTES_PER_TOKEN, Budgets
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import HttpError
from ticker.server.core.turns import Turns

#: An answer costs one more token for each of these: over HTTP, values are encoded anew for each client.
ANSWER_BYTES_PER_TOKEN: Final = 512
#: Names of the routes whose answers are only copied.
FILE_ROUTES: Final = frozenset({"dashboard", "static"})
#: How late a request above the budget is answered: a client that repeats it at once is slowed down.
DELAY_S: Final = 1.0
#: How many such answers may wait; more are sent at once.
MAX_WAITING: Final = 256


class RequestBudget:
    def __init__(self, budgets: Budgets, turns: Turns, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` must be that of the event loop, which connections use."""
        self._budgets = budgets
        self._turns = turns
        self._clock = clock
        self._waiting = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Raises ``HttpError`` (429), late, if the budget is used up. The response is charged once it is known."""
        await self._turns.take()
        identity = request.get(IDENTITY, ANYONE)
        try:
            cost = 1 + (request.content_length or 0) // BYTES_PER_TOKEN
            shared = self._budgets.request(self._clock(), request.remote, identity, cost)
            response = await handler(request)
        except HttpError as error:
            if error.code == "over-budget" and self._waiting < MAX_WAITING:
                await self._delay()
            raise
        if request.match_info.route.name not in FILE_ROUTES:
            shared.messages.spend(self._clock(), (response.content_length or 0) // ANSWER_BYTES_PER_TOKEN)
        return response

    async def _delay(self) -> None:
        self._waiting += 1
        try:
            await asyncio.sleep(DELAY_S)
        finally:
            self._waiting -= 1

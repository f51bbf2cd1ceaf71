"""The budget of HTTP requests, and their turns."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.server.connections.budgets import Budgets
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import HttpError
from ticker.server.core.turns import REQUEST_TOKENS, TURN_TOKENS, Turns
from ticker.server.middleware import budget
from ticker.server.middleware.budget import RequestBudget
from ticker.wire.limits import Limits

#: Thirty messages at once.
LIMITS = Limits(messages_per_second=1, messages_at_once=1, total_per_second=3)


def request(address: str = "127.0.0.1", identity: Identity | None = None, size: int = 0) -> web.Request:
    found = make_mocked_request("GET", "/v1/snapshot", headers={"Content-Length": str(size)} if size else {})
    found = found.clone(remote=address)
    if identity is not None:
        found[IDENTITY] = identity
    return found


async def answered(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"short")


@pytest.fixture(autouse=True)
def delay_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "DELAY_S", 0.0)


async def count(middleware: RequestBudget, size: int = 0, answer: int = 0) -> int:
    """How many requests of this size, with answers of that size, an address may send at once."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * answer)

    number = 0

    async def flood() -> None:
        nonlocal number
        while number < 1_000:
            await middleware.middleware(request(size=size), handler)
            number += 1

    with pytest.raises(HttpError) as caught:
        await flood()
    assert (caught.value.status, caught.value.code) == (429, "over-budget")
    assert int(caught.value.headers["Retry-After"]) >= 1
    return number


@pytest.mark.parametrize(
    ("size", "answer", "most"), [(0, 0, 30), (4_095, 511, 30), (4_096, 0, 15), (0, 512, 15), (0, 5_120, 3)]
)
async def test_requests_and_their_answers_count_by_their_size(size: int, answer: int, most: int) -> None:
    assert await count(RequestBudget(Budgets(LIMITS), Turns(), lambda: 0.0), size, answer) == most


async def test_another_address_or_key_is_not_affected() -> None:
    middleware = RequestBudget(Budgets(LIMITS), Turns(), lambda: 0.0)
    assert await count(middleware) == 30
    await middleware.middleware(request("127.0.0.2"), answered)
    await middleware.middleware(request(identity=Identity(name="desk", may=Entitlements(), key_id="1")), answered)


async def test_a_refused_request_is_answered_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of answers that wait is bounded."""
    monkeypatch.setattr(budget, "DELAY_S", 3_600.0)
    monkeypatch.setattr(budget, "MAX_WAITING", 2)
    middleware = RequestBudget(Budgets(LIMITS), Turns(), lambda: 0.0)
    for _ in range(30):
        await middleware.middleware(request(), answered)
    waiting = [asyncio.ensure_future(middleware.middleware(request(), answered)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(HttpError):
        await middleware.middleware(request(), answered)
    assert [task.done() for task in waiting] == [False, False]
    # A client that hangs up makes room.
    waiting.pop().cancel()
    await asyncio.sleep(0)
    waiting.append(asyncio.ensure_future(middleware.middleware(request(), answered)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [False, False]
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)


async def test_requests_that_were_sent_together_are_spread_over_turns() -> None:
    """aiohttp handles pipelined requests one after the other, without a pause of its own."""
    middleware, handled = RequestBudget(Budgets(Limits()), Turns()), 0

    async def pipelined() -> None:
        nonlocal handled
        for _ in range(200):
            await middleware.middleware(request(), answered)
            handled += 1

    task = asyncio.create_task(pipelined())
    seen = [0]
    while not task.done():
        await asyncio.sleep(0)
        seen.append(handled)
    assert handled == 200
    assert max(after - before for before, after in pairwise(seen)) <= TURN_TOKENS / REQUEST_TOKENS

"""The long-poll transport: messages sent while a request is under way."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from yarl import URL

from ticker.client.endpoint import Endpoint
from ticker.client.transports.poll import MAX_ADDRESS_BYTES, PollTransport
from ticker.wire.limits import Limits
from ticker.wire.messages import ServerMessage, Since, Snapshot, Subscribe, Subscribed, Update, Welcome


class Answered(PollTransport):
    """The test answers its requests: ``requests`` has the symbols and the future of each."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), Endpoint("http://ticker.example"))
        self.welcome = Welcome(server="", protocol=1, epoch="e", heartbeat=10.0, limits=Limits())
        self.requests: asyncio.Queue[tuple[list[str], asyncio.Future[Snapshot | None]]] = asyncio.Queue()

    async def _changes(self) -> Snapshot | None:
        answer: asyncio.Future[Snapshot | None] = asyncio.get_running_loop().create_future()
        self.requests.put_nowait((list(self._names), answer))
        return await answer


def snapshot(version: int, *names: str) -> Snapshot:
    return Snapshot(epoch="e", version=version, ts=0, data={name: {"last": 1.0} for name in names})


async def test_a_symbol_added_while_an_answer_arrives_is_requested_whole() -> None:
    """The answer belongs to the old watchlist. Taken for the new one's, the new symbol would be missing."""
    transport, told = Answered(), asyncio.Queue[ServerMessage]()

    async def read() -> None:
        while True:
            if (message := await transport._receive()) is not None:
                told.put_nowait(message)

    await transport.send(Subscribe(id=1, symbols=["AAPL"], rate=0))
    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(60):
            _, answer = await transport.requests.get()
            answer.set_result(snapshot(5, "AAPL"))
            assert isinstance(await told.get(), Subscribed)
            assert isinstance(await told.get(), Update)
            _, answer = await transport.requests.get()
            answer.set_result(snapshot(6, "AAPL"))
            await transport.send(Subscribe(id=2, symbols=["MSFT"]))
            names, answer = await transport.requests.get()
            assert names == ["AAPL", "MSFT"]
            answer.set_result(snapshot(6, "AAPL", "MSFT"))
            subscribed, update = await told.get(), await told.get()
        assert isinstance(subscribed, Subscribed)
        assert subscribed.id == 2
        assert isinstance(update, Update)
        assert set(update.data) == {"AAPL", "MSFT"}
    finally:
        reading.cancel()
        await asyncio.wait([reading])


@pytest.mark.parametrize("count", [1, 10, 300, 5_000])
async def test_only_short_requests_are_in_the_address(count: int) -> None:
    """Others are posted, with the same arguments."""
    sent: list[tuple[str, str, bytes | None]] = []

    class Recording(PollTransport):
        async def _answer(self, method: str, url: URL, kind: Any, body: bytes | None = None) -> Any:
            sent.append((method, str(url), body))
            return Snapshot(epoch="e", version=7, ts=0, data={})

    names = [f"A,B{number:04}" for number in range(count)]
    transport = Recording(cast("Any", None), Endpoint("http://ticker.example/eu/"))
    transport.welcome = Welcome(server="", protocol=1, epoch="e", heartbeat=10.0, limits=Limits())
    await transport.send(Subscribe(id=1, symbols=names, rate=0, since=Since(epoch="e", version=5)))
    await transport._receive()
    ((method, url, body),) = sent
    if body is None:
        assert method == "GET"
        assert len(url) <= MAX_ADDRESS_BYTES
        query = urlsplit(url).query
        assert parse_qs(query)["since"] == ["5"]
        key = "symbol" if count == 1 else "symbols"
        given = dict(part.split("=") for part in query.split("&"))[key]
        assert [unquote(each) for each in given.split(",")] == names
    else:
        assert (method, url) == ("POST", "http://ticker.example/eu/v1/poll")
        assert msgspec.json.decode(body) == {"symbols": names, "wait": 0.0, "epoch": "e", "since": 5}
    assert (body is None) == (count <= 10)

"""The rules of docs/protocol.md about numbers and gaps, checked by a client that follows that page alone.

It must notice no gap where there is none, notice each real one, and end with everything that was published.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import msgpack
import numpy as np
import pytest
import websockets

from tests.support.document_client import DocumentClient, Message, Numbered
from tests.support.market import trades
from tests.support.serving import ScriptedFeed, serving
from ticker.model import Corrections, Restart, TickBatch, Watermark
from ticker.server import Service, Settings
from ticker.wire.limits import Limits

SECOND = 1_000_000_000
#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * SECOND


class Link:
    """A connection of the client: its messages are taken one by one, unless the test holds or drops them."""

    def __init__(self, client: DocumentClient, socket: websockets.ClientConnection, encoding: str) -> None:
        self.client = client
        self.reading = asyncio.Event()
        self.reading.set()
        self._socket = socket
        self._encoding = encoding
        self._changed = asyncio.Condition()
        #: Each loses the next message that it is true of, one after the other.
        self.losing: list[Callable[[Message], bool]] = []
        self.welcomed = False

    async def run(self) -> None:
        while True:
            await self.reading.wait()
            payload = await self._socket.recv()
            message = json.loads(payload) if isinstance(payload, str) else msgpack.unpackb(payload)
            if self.losing and self.losing[0](message):
                del self.losing[0]
            else:
                await self.send(*self.client.receive(message))
                self.welcomed = True
            async with self._changed:
                self._changed.notify_all()

    async def send(self, *messages: Message) -> None:
        for message in messages:
            await self._socket.send(json.dumps(message) if self._encoding == "json" else msgpack.packb(message))

    async def ask(self, message: Message) -> Message:
        """Send a message, and wait for its answer."""
        before = len(self.client.answers)

        def found() -> list[Message]:
            return [each for each in self.client.answers[before:] if each["id"] == message["id"]]

        await self.send(message)
        await self.until(found)
        return found()[0]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(holds)


@asynccontextmanager
async def linked(client: DocumentClient, service: Service, encoding: str = "json") -> AsyncIterator[Link]:
    url = service.url.replace("http", "ws") + f"/v1/stream?encoding={encoding}"
    # With a queue of one message it stops reading from the socket as soon as it is held.
    async with websockets.connect(url, compression=None, max_queue=1) as socket:
        link = Link(client, socket, encoding)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(link.run())
            await link.until(lambda: link.welcomed)
            yield link
            running.cancel()


def has(kind: str) -> Callable[[Message], bool]:
    """Whether a message is of a type, and has data if its type has."""
    return lambda message: message["type"] == kind and bool(message.get("data", True))


def rows(numbers: Iterable[int], symbol: int = 0) -> list[tuple[int, int, float, float]]:
    """Trades whose size is their number."""
    return [(symbol, START + number, 10.0, float(number)) for number in numbers]


def sizes(channel: Numbered) -> list[float]:
    return [row[3] for row in channel.rows]


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_the_first_frame_of_a_fresh_subscription_is_no_gap(encoding: str) -> None:
    """The server's numbers began long before. The same after the watchlist was empty, and when it grows."""
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed) as service, linked(client, service, encoding) as link:
        probe = DocumentClient()
        feed.tick(rows(range(1, 101)), [(0, START, 1.0, 1.0, 2.0, 1.0)] * 50)
        feed.tick(rows([101], 1))
        async with linked(probe, service) as other:
            # Once the probe has the last of them, the server has them all.
            await other.send(probe.subscribe("MSFT"))
            await other.until(lambda: "MSFT" in probe.view)
        for channel in ("trades", "quotes"):
            await link.ask(client.subscribe("AAPL", channel=channel))
        await link.ask(client.subscribe("AAPL", channel="bars", interval="1s"))
        trades, quotes, bars = (client.channels[each] for each in (("trades", ""), ("quotes", ""), ("bars", "1s")))
        await link.until(lambda: trades.frames and quotes.frames and bars.frames)
        assert (trades.v, quotes.v, trades.rows) == (101, 50, [])
        feed.tick(rows(range(102, 105)), [(0, START, 1.0, 1.0, 2.0, 1.0)])
        await link.until(lambda: len(trades.rows) == 3 and quotes.rows)
        await link.ask(client.subscribe("MSFT", channel="trades"))
        feed.tick([*rows([105]), *rows([106], 1)])
        await link.until(lambda: len(trades.rows) == 5)
        await link.ask(client.unsubscribe("AAPL", "MSFT", channel="trades"))
        assert trades.v is None
        feed.tick(rows(range(107, 201)))
        feed.tick([], [(0, START, 1.0, 1.0, 2.0, 9.0)])
        await link.until(lambda: quotes.rows[-1][5] == 9)
        await link.ask(client.subscribe("AAPL", channel="trades"))
        feed.tick(rows([201]))
        await link.until(lambda: len(trades.rows) == 6)
        assert sizes(trades) == [102, 103, 104, 105, 106, 201]
        assert (client.gaps, client.errors) == ([], [])


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("kind", ["trades", "quotes"])
async def test_a_lost_frame_is_noticed_and_comes_again(kind: str, encoding: str) -> None:
    """Also twice in a row. Each tick is there once."""
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed) as service, linked(client, service, encoding) as link:
        await link.ask(client.subscribe("AAPL", "MSFT", channel=kind))
        channel = client.channels[kind, ""]
        await link.until(lambda: channel.frames)
        for number in range(1, 10):
            lost = number in (3, 6, 7)
            if lost:
                link.losing.append(has(kind))
            if kind == "trades":
                feed.tick(rows([number]))
            else:
                feed.tick([], [(0, START, 1.0, 1.0, 2.0, float(number))])
            if lost:
                await link.until(lambda: not link.losing)
            else:
                await link.until(partial(lambda number: channel.rows and channel.rows[-1][-1] == number, number))
        await link.until(lambda: len(channel.rows) == 9)
        assert [row[-1] for row in channel.rows] == list(range(1, 10))
        assert client.gaps == [(kind, 2, 3), (kind, 5, 7)]
        assert (channel.breaks, channel.lost) == (0, {})


async def test_a_lost_update_of_prices_is_noticed() -> None:
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed) as service, linked(client, service) as link:
        await link.ask(client.subscribe("AAPL", "MSFT") | {"rate": 0})
        feed.tick(rows([1]))
        await link.until(lambda: client.view.get("AAPL", {}).get("volume") == 1)
        link.losing.append(has("update"))
        feed.tick(rows([2], 1))
        await link.until(lambda: not link.losing)
        assert "MSFT" not in client.view
        feed.tick(rows([3]))
        await link.until(lambda: client.view.get("MSFT", {}).get("volume") == 2)
        await link.until(lambda: client.view["AAPL"]["volume"] == 4)
        assert [where for where, *_ in client.gaps] == ["ticker"]


async def test_conflation_leaves_no_gap() -> None:
    """Prices at half a hertz skip most changes, and `trades` in one frame per turn none."""
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed) as service, linked(client, service) as link:
        await link.ask(client.subscribe("AAPL", "MSFT") | {"rate": 60})
        await link.ask(client.subscribe("*", channel="trades"))
        channel = client.channels["trades", ""]
        for number in range(1, 1_001):
            feed.tick(rows([number], number % 3))
        await link.until(lambda: len(channel.rows) == 1_000)
        await link.until(lambda: client.view.get("AAPL", {}).get("trades") == 333)
        assert sizes(channel) == list(range(1, 1_001))
        assert client.gaps == []


async def test_a_client_that_reconnects_resumes_without_a_gap() -> None:
    """With a watchlist in two messages; and what has left the ring meanwhile is counted."""
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed, Settings(port=0, ring_ticks=1_000)) as service:
        async with linked(client, service) as link:
            await link.ask(client.subscribe("AAPL", "MSFT", channel="trades"))
            await link.ask(client.subscribe("AAPL", "MSFT"))
            channel = client.channels["trades", ""]
            feed.tick(rows([1, 2]))
            await link.until(lambda: len(channel.rows) == 2)
        feed.tick([*rows([3]), *rows([4], 1), *rows([5], 2)])
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: len(channel.rows) == 4)
            assert sizes(channel) == [1, 2, 3, 4]
            feed.tick(rows([6]))
            await link.until(lambda: len(channel.rows) == 5)
        for first in range(7, 2_507, 500):
            feed.tick(rows(range(first, first + 500), first % 2))
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: channel.rows[-1][3] == 2_506)
            await link.until(lambda: client.view["AAPL"]["trades"] + client.view["MSFT"]["trades"] == 2_505)
            assert sum(channel.lost.values()) == 2_505 - len(channel.rows) > 0
            assert sizes(channel)[5:] == list(range(2_507 - len(sizes(channel)[5:]), 2_507))
        assert (client.gaps, channel.breaks, client.errors) == ([], 0, [])


async def test_a_client_that_stopped_reading_has_every_trade_or_its_number_lost() -> None:
    feed, client = ScriptedFeed(), DocumentClient()
    limits = Limits(slow_seconds=600)
    async with serving(feed, Settings(port=0, ring_ticks=1_000, limits=limits)) as service:
        async with linked(client, service) as link, linked(DocumentClient(), service) as other:
            await link.ask(client.subscribe("AAPL", channel="trades"))
            await other.ask(other.client.subscribe("AAPL", channel="trades"))
            channel, read = client.channels["trades", ""], other.client.channels["trades", ""]
            link.reading.clear()
            published = 0
            while (not service.hub.lanes.behind or published < 20_000) and published < 500_000:
                feed.tick(rows(range(published + 1, published + 501)))
                published += 500
                await other.until(lambda: read.v == published)  # noqa: B023 - it is over before the next round
            link.reading.set()
            await link.until(lambda: channel.v == published)
            assert sum(channel.lost.values()) == published - len(channel.rows) > 0
            assert (client.gaps, other.client.gaps) == ([], [])
            assert sizes(read) == list(range(1, published + 1))


async def test_a_new_epoch_leaves_no_gap() -> None:
    """On an open connection, and by a restart of the server: numbers begin again below those held."""
    feed, client = ScriptedFeed(), DocumentClient()
    async with serving(feed) as service:
        async with linked(client, service) as link:
            await link.ask(client.subscribe("AAPL", "MSFT", channel="trades"))
            await link.ask(client.subscribe("AAPL"))
            channel, epoch = client.channels["trades", ""], client.epoch
            feed.tick(rows(range(1, 101)))
            await link.until(lambda: len(channel.rows) == 100)
            feed.put(Restart())
            feed.tick(rows([101]))
            await link.until(lambda: len(channel.rows) == 101)
            assert client.epoch != epoch
            assert channel.v == 1
    feed = ScriptedFeed()
    async with serving(feed) as service:
        feed.tick(rows([102]))
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: channel.v is not None and channel.resuming is None)
            feed.tick(rows([103]))
            await link.until(lambda: channel.rows[-1][3] == 103)
    assert (client.gaps, client.errors) == ([], [])


@pytest.mark.parametrize("interval", ["1s", "3s"])
@pytest.mark.parametrize("revisions", [False, True])
async def test_a_lost_bar_is_noticed_and_comes_again(interval: str, *, revisions: bool) -> None:
    """Of a kept and a folded interval. Late trades that revise bars leave no gap to clients without revisions."""
    feed, client = ScriptedFeed(), DocumentClient()
    length_ns = int(interval[0]) * SECOND

    def bar(number: int) -> tuple[str, int]:
        return "AAPL", START + number * length_ns

    def trade(number: int, size: float, later_ns: int = 0) -> None:
        feed.tick([(0, bar(number)[1] + later_ns, 10.0, size)])
        if not later_ns:
            feed.put(Watermark(bar(number)[1]))

    async with serving(feed) as service, linked(client, service) as link:
        more: dict[str, Any] = {"channel": "bars", "interval": interval, "revisions": revisions}
        await link.ask(client.subscribe("AAPL", **more) | {"rate": 0})
        channel = client.channels["bars", interval]
        for number in range(10):
            if number == 6:
                link.losing.append(lambda message: any(row[9] for row in message.get("data", ())))
            trade(number, 1.0)
            if number == 6:
                await link.until(lambda: not link.losing)
            elif number:
                await link.until(partial(lambda before: bar(before) in channel.closed, number - 1))
        assert set(channel.closed) >= {bar(number) for number in range(9)}
        assert [where for where, *_ in client.gaps] == [f"bars {interval}"]
        trade(3, 5.0, later_ns=1)
        if revisions:
            await link.until(lambda: channel.closed[bar(3)][6] == 6)
        trade(10, 1.0)
        await link.until(lambda: bar(9) in channel.closed)
        assert channel.closed[bar(3)][6] == (6 if revisions else 1)
        assert (len(client.gaps), channel.lost, channel.breaks) == (1, {}, 0)
        trade(11, 1.0)
        await link.until(lambda: channel.open["AAPL"][1] == bar(11)[1])
    async with serving(feed := ScriptedFeed()) as service, linked(client, service) as link:
        await link.send(*client.reconnected())
        await link.until(lambda: channel.resuming is None and channel.v is not None)
        trade(20, 1.0)
        trade(21, 1.0)
        await link.until(lambda: bar(20) in channel.closed)
        assert len(client.gaps) == 1


async def test_corrections_leave_no_gap_to_clients_without_revisions() -> None:
    """Their numbers pass."""
    feed, client, other = ScriptedFeed(), DocumentClient(), DocumentClient()
    async with serving(feed) as service, linked(client, service) as link, linked(other, service) as second:
        await link.ask(client.subscribe("AAPL", channel="trades"))
        await second.ask(other.subscribe("AAPL", channel="trades", revisions=True))
        plain, revised = client.channels["trades", ""], other.channels["trades", ""]
        for number in range(1, 6):
            feed.put(TickBatch(feed.table, replace(trades(rows([number])), id=np.array([number]))))
            cancelled = np.array([0], np.int32), np.array([number]), np.array([START + number])
            feed.put(Corrections(feed.table, *cancelled, np.array([np.nan]), np.array([np.nan])))
        await second.until(lambda: len(revised.rows) == 10)
        await link.until(lambda: len(plain.rows) == 5)
        assert [row[6] for row in revised.rows] == [None, "cancel"] * 5
        assert (client.gaps, other.gaps) == ([], [])


async def test_the_messages_of_a_room_have_no_gap_and_a_lost_one_is_noticed() -> None:
    """Resumed on a new connection too, also after more than the room keeps; and after a restart of the server."""
    client, ann = DocumentClient(), DocumentClient()
    settings = Settings(port=0, limits=Limits(says_per_minute=60_000))
    said = 0

    async def say(to: Link, times: int = 1) -> None:
        nonlocal said
        for _ in range(times):
            said += 1
            await to.send({"op": "say", "room": "desk", "text": str(said)})
        await to.until(lambda: ann.rooms["desk"].number == said)

    async with serving(ScriptedFeed(), settings) as service, linked(ann, service) as other:
        await other.ask(ann.join("desk") | {"name": "Ann"})
        await say(other, 3)
        async with linked(client, service) as link:
            await link.ask(client.join("desk"))
            room = client.rooms["desk"]
            await link.until(lambda: room.number == 3)
            for lost in (False, True, False):
                if lost:
                    link.losing.append(has("said"))
                await say(other)
                await link.until(lambda: room.number == said or not room.asking)
                await link.until(lambda: not link.losing)
            await link.until(lambda: room.number == 6)
        assert [where for where, *_ in client.gaps] == ["room desk"]
        await say(other, 2)
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: room.number == 8)
        await say(other, 250)
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: room.number == 258)
        assert room.lost == 50
        assert [message["text"] for message in room.taken] == list(map(str, [*range(1, 9), *range(59, 259)]))
        assert len(client.gaps) == 1
    ann, said = DocumentClient(), 0
    async with (
        serving(ScriptedFeed(), settings) as service,
        linked(ann, service) as other,
        linked(client, service) as link,
    ):
        await other.ask(ann.join("desk") | {"name": "Ann"})
        await say(other, 2)
        await link.send(*client.reconnected())
        await link.until(lambda: room.number == 2)
        assert len(client.gaps) == 1


async def test_fired_alerts_have_no_gap_and_a_lost_one_is_noticed() -> None:
    """Resumed on a new connection too, and after a restart of a server that stores nothing."""
    client = DocumentClient(owner="ann")
    alert = {"op": "alert", "id": "a", "symbol": "AAPL", "when": "last crosses 10", "once": False, "owner": "ann"}
    fired = 0

    def cross(feed: ScriptedFeed) -> None:
        nonlocal fired
        fired += 1
        feed.tick([(0, START, 11.0 if fired % 2 else 9.0, 1.0)])

    async with serving(feed := ScriptedFeed()) as service:
        async with linked(client, service) as link:
            feed.tick([(0, START, 9.0, 1.0)])
            await link.ask(client.subscribe("AAPL"))
            await link.until(lambda: client.view.get("AAPL", {}).get("last") == 9)
            await link.ask(alert)
            for lost in (False, True, False):
                if lost:
                    link.losing.append(has("alert"))
                cross(feed)
                await link.until(partial(lambda lost: not link.losing if lost else client.alerts.number == fired, lost))
            assert client.gaps == [("alerts", 1, 3)]
        for _ in range(3):
            cross(feed)
        async with linked(client, service) as link:
            await link.send(*client.reconnected())
            await link.until(lambda: client.alerts.number == 6)
        assert [message["seq"] for message in client.alerts.taken] == list(range(1, 7))
        assert len(client.gaps) == 1
    fired = 0
    async with serving(feed := ScriptedFeed()) as service, linked(client, service) as link:
        await link.send(*client.reconnected())
        feed.tick([(0, START, 9.0, 1.0)])
        await link.until(lambda: client.view.get("AAPL", {}).get("last") == 9)
        await link.ask(alert)
        cross(feed)
        await link.until(lambda: client.alerts.number == 1)
        assert len(client.gaps) == 1

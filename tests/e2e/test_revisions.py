"""Revisions, intervals and days over real sockets: WebSocket, event streams, HTTP and metrics."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import math
from dataclasses import replace
from typing import Any

import aiohttp
import msgpack
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.test_events import Events
from tests.support.market import quotes
from tests.support.serving import ScriptedFeed, serving
from ticker.calendar import UTC_DAYS, market_calendar
from ticker.model import ConditionTable, Corrections, DayValues, Split, TickBatch, Trades, Watermark
from ticker.server import Settings

S = 1_000_000_000
#: 2024-01-02 14:30 UTC, which is 09:30 in New York.
START = 1_704_205_800 * S
Row = tuple[int, float, float, tuple[str, ...], int]


class MarkedFeed(ScriptedFeed):
    """A feed of AAPL whose trades have conditions and ids, and that gives watermarks."""

    def __init__(self) -> None:
        super().__init__(("AAPL", "MSFT"))
        self.conditions = ConditionTable()
        self.info = replace(self.info, watermarks=True)

    def trade(self, *rows: Row) -> None:
        """Trades from rows of (ts, price, size, conditions, id)."""
        ts, prices, sizes, conditions, ids = zip(*rows, strict=True)
        trades = Trades(
            np.zeros(len(rows), np.int32),
            np.array(ts),
            np.array(prices, float),
            np.array(sizes, float),
            np.array([self.conditions.code(each) for each in conditions], np.int32),
            np.array(ids),
        )
        self.put(TickBatch(self.table, trades, quotes([]), conditions=self.conditions))

    def correct(self, id_: int, price: float = math.nan, size: float = math.nan) -> None:
        """Correct a trade, or cancel it."""
        names = np.array([0], np.int32), np.array([id_]), np.array([START])
        self.put(Corrections(self.table, *names, np.array([price], float), np.array([size], float)))

    def reach(self, seconds: int) -> None:
        self.put(Watermark(START + seconds * S))


async def rows_until(socket: aiohttp.ClientWebSocketResponse, decode: Any, kind: str, wanted: Any) -> list[list[Any]]:
    """The rows of messages of type ``kind`` until one is as ``wanted`` says."""
    found: list[list[Any]] = []
    async with asyncio.timeout(60):
        while not any(map(wanted, found)):
            message = decode((await socket.receive()).data)
            assert message["type"] != "error", message
            assert "lost" not in message
            if message["type"] == kind:
                found += message["data"]
    return found


@pytest.mark.parametrize(("encoding", "decode"), [("json", json.loads), ("msgpack", msgpack.unpackb)])
async def test_trades_with_and_without_revisions(encoding: str, decode: Any) -> None:
    feed = MarkedFeed()
    url = f"/v1/stream?encoding={encoding}"
    async with (
        serving(feed) as service,
        aiohttp.ClientSession() as session,
        session.ws_connect(service.url + url) as plain,
        session.ws_connect(service.url + url) as revised,
    ):
        for socket, more in ((plain, {}), (revised, {"revisions": True})):
            await socket.send_json({"op": "subscribe", "channel": "trades", "symbols": ["AAPL"], **more})
            assert decode((await socket.receive()).data)["type"] == "welcome"
            assert decode((await socket.receive()).data).get("revisions", False) is bool(more)
        feed.trade((START, 100, 10, ("@", "F"), 1), (START + 2 * S, 101, 20, (), 2), (START + S, 99, 5, ("T",), 3))
        feed.correct(1)
        feed.correct(2, 102, 25)
        feed.trade((START + 3 * S, 103.5, 1, (), 4))
        found = await rows_until(plain, decode, "trades", lambda row: row[2] == 103.5)
        assert found == [
            ["AAPL", START, 100, 10],
            ["AAPL", START + 2 * S, 101, 20],
            ["AAPL", START + S, 99, 5],
            ["AAPL", START + 3 * S, 103.5, 1],
        ]
        found = await rows_until(revised, decode, "trades", lambda row: row[2] == 103.5)
        assert found == [
            ["AAPL", START, 100, 10, ["@", "F"], 1, None],
            ["AAPL", START + 2 * S, 101, 20, [], 2, None],
            ["AAPL", START + S, 99, 5, ["T"], 3, "late"],
            ["AAPL", START, 100, 10, [], 1, "cancel"],
            ["AAPL", START + 2 * S, 102, 25, [], 2, "correct"],
            ["AAPL", START + 3 * S, 103.5, 1, [], 4, None],
        ]


@pytest.mark.parametrize(("encoding", "decode"), [("json", json.loads), ("msgpack", msgpack.unpackb)])
async def test_a_revised_bar_comes_again_and_equals_the_fetched_one(encoding: str, decode: Any) -> None:
    """Of an interval that is kept and of one that is folded. The other client gets its first closing alone."""
    for name in ("1m", "2m"):
        feed = MarkedFeed()
        url = f"/v1/stream?encoding={encoding}"
        async with (
            serving(feed) as service,
            aiohttp.ClientSession() as session,
            session.ws_connect(service.url + url) as plain,
            session.ws_connect(service.url + url) as revised,
        ):
            ask = {"op": "subscribe", "channel": "bars", "interval": name, "symbols": ["AAPL"], "rate": 0}
            await plain.send_json(ask)
            await revised.send_json({**ask, "revisions": True})
            # The feed's events come after both subscribes.
            for socket in (plain, revised):
                while decode((await socket.receive()).data)["type"] != "bars":
                    pass
            length = 60 if name == "1m" else 120
            at = START + length * S
            feed.trade((at - 20 * S, 100, 10, (), 1), (at + 10 * S, 101, 10, (), 2))
            feed.reach(length + 5)
            feed.trade((at - 10 * S, 97, 5, (), 3))
            feed.reach(length + 10)
            feed.correct(1, 99, 20)
            feed.reach(2 * length)

            def is_last(bar: list[Any], at: int = at) -> bool:
                return bool(bar[1] == at and bar[9])

            mine = [bar for bar in await rows_until(plain, decode, "bars", is_last) if bar[9]]
            assert mine == [
                ["AAPL", START, 100, 100, 100, 100, 10, 100, 1, True],
                ["AAPL", at, 101, 101, 101, 101, 10, 101, 1, True],
            ]
            theirs = [bar for bar in await rows_until(revised, decode, "bars", is_last) if bar[9]]
            assert theirs == [
                ["AAPL", START, 100, 100, 100, 100, 10, 100, 1, True, 0, False],
                ["AAPL", START, 100, 100, 97, 97, 15, 99, 2, True, 1, False],
                ["AAPL", START, 99, 99, 97, 97, 25, 98.6, 2, True, 2, False],
                ["AAPL", at, 101, 101, 101, 101, 10, 101, 1, True, 0, False],
            ]
            async with session.get(f"{service.url}/v1/bars/AAPL?interval={name}") as response:
                body = await response.json()
            assert [["AAPL", *bar] for bar in body["bars"]] == [bar[:10] for bar in theirs[2:]]
            assert body["revised"] == {str(START): 2}
            assert body["version"] == (4 if name == "1m" else at + length * S)


async def test_an_event_stream_has_revisions_and_any_interval() -> None:
    """The id of an event of a folded interval is the end of the newest bar: a stream resumes from it."""
    feed = MarkedFeed()
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        query = "/v1/events?channel=bars&interval=2m&symbols=AAPL&rate=0&revisions=true"
        async with session.get(service.url + query) as response:
            events = Events(response)
            assert (await events.until("subscribed"))["revisions"] is True
            await events.until("bars")
            feed.trade((START, 100, 10, (), 1))
            feed.reach(120)
            while not (message := await events.until("bars"))["data"][-1][9]:  # type: ignore[index]
                pass
            assert message["data"] == [["AAPL", START, 100, 100, 100, 100, 10, 100, 1, True, 0, False]]
            assert events.last_id == f"{service.hub.board.epoch}-{START + 120 * S}"
        feed.trade((START + 130 * S, 101, 10, (), 2))
        feed.reach(240)
        async with session.get(service.url + query, headers={"Last-Event-ID": events.last_id}) as response:
            again = Events(response)
            message = await again.until("bars")
            while not message["data"]:
                message = await again.until("bars")
            assert [bar[1] for bar in message["data"]][-1] == START + 120 * S  # type: ignore[attr-defined]
        async with session.get(service.url + query.replace("true", "maybe")) as response:
            assert response.status == 400
            assert "revisions: must be true or false" in (await response.json())["message"]


async def test_an_event_stream_of_an_interval_that_there_is_not_is_refused() -> None:
    async with serving(MarkedFeed()) as service, aiohttp.ClientSession() as session:
        for name in ("7m", "60s", "", "%00"):
            url = f"{service.url}/v1/events?channel=bars&interval={name}&symbols=AAPL"
            async with session.get(url) as response:
                assert (await Events(response).until("error"))["code"] == "bad-interval"


async def test_fetched_bars_tell_what_is_incomplete_and_where_splits_are() -> None:
    """As JSON and as CSV; without any, the keys are absent."""
    feed = MarkedFeed()
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        url = f"{service.url}/v1/bars/AAPL?interval=1m"
        feed.trade((START, 100, 10, (), 1))
        feed.reach(60)
        async with session.get(url) as response:
            assert set(await response.json()) == {"symbol", "interval", "epoch", "version", "bars"}
        unknown = np.array([np.nan])
        feed.put(
            DayValues(
                table=feed.table, symbol=np.array([0], np.int32), ts=START + 150 * S, since=START + 70 * S,
                open=np.array([100.0]), high=np.array([104.0]), low=np.array([99.0]), volume=np.array([500.0]),
                last=np.array([103.0]), prev_close=unknown, vwap=unknown, trades=unknown,
            )
        )  # fmt: skip
        feed.trade((START + 80 * S, 101, 10, (), 2), (START + 200 * S, 102, 10, (), 3))
        feed.put(Split(feed.table, np.array([0], np.int32), np.array([4.0]), START + 210 * S))
        feed.trade((START + 250 * S, 25.5, 10, (), 4))
        feed.reach(300)
        body: dict[str, Any] = {"bars": []}
        async with asyncio.timeout(60):
            while not body["bars"] or not body["bars"][-1][-1] or body["bars"][-1][0] < START + 240 * S:
                async with session.get(url) as response:
                    body = await response.json()
        assert START + 60 * S in body["incomplete"]
        assert START + 240 * S not in body["incomplete"]
        assert body["splits"] == [[START + 210 * S, 4]]
        async with session.get(url + "&format=csv") as response:
            rows = list(csv.DictReader(io.StringIO(await response.text())))
        assert list(rows[0])[-3:] == ["closed", "revision", "incomplete"]
        flags = {int(row["start"]): (row["revision"], row["incomplete"]) for row in rows}
        assert flags[START + 240 * S] == ("0", "false")
        assert {start for start, (_, flag) in flags.items() if flag == "true"} == set(body["incomplete"])
        # A range without the split doesn't tell it.
        async with session.get(url + f"&end={START + 60 * S}") as response:
            assert "splits" not in await response.json()


async def test_bars_of_any_interval_are_fetched() -> None:
    feed = MarkedFeed()
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        feed.trade(*((START + each * S, 100 + each, 1, (), each + 1) for each in range(0, 600, 30)))
        feed.reach(600)
        async with asyncio.timeout(60):
            while service.hub.bars.watermark < START + 600 * S:
                await asyncio.sleep(0)
        # By interval: how many bars there are, and whether the last one has closed. Bars of 4m begin at 14:28.
        expected = {
            "30s": (20, True), "90s": (7, False), "4m": (3, True), "10m": (1, True), "12h": (1, False),
            "1w": (1, False), "1M": (1, False),
        }  # fmt: skip
        for name, (count, is_closed) in expected.items():
            async with session.get(f"{service.url}/v1/bars/AAPL?interval={name}") as response:
                body = await response.json()
            assert (body["interval"], len(body["bars"]), body["bars"][-1][-1]) == (name, count, is_closed)
            assert all(bar[-1] for bar in body["bars"][:-1])
            assert sum(bar[5] for bar in body["bars"]) == 20
        async with session.get(f"{service.url}/v1/bars/AAPL?interval=30s&limit=3") as response:
            assert [bar[0] for bar in (await response.json())["bars"]] == [START + each * S for each in (510, 540, 570)]
        for name in ("7m", "60s"):
            async with session.get(f"{service.url}/v1/bars/AAPL?interval={name}") as response:
                assert response.status == 400
                assert (await response.json())["message"].startswith(f"interval: {name} is ")


async def test_days_begin_by_the_calendar_of_the_feed() -> None:
    """The bar of a day of a currency begins at 17:00 in New York; the hub gets the calendars from the feed's info."""
    feed = MarkedFeed()
    forex = market_calendar("forex")
    feed.info = replace(feed.info, calendars={"AAPL": forex})
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        feed.trade((START, 100, 10, (), 1))
        feed.reach(1)
        async with asyncio.timeout(60):
            while service.hub.apply_pending().version < 1:
                await asyncio.sleep(0)
        async with session.get(f"{service.url}/v1/bars/AAPL?interval=1d") as response:
            [bar] = (await response.json())["bars"]
        # 2024-01-01 22:00 UTC
        assert bar[0] == 1_704_146_400 * S
        assert service.hub.calendar_of("AAPL") == forex
        assert service.hub.calendar_of("MSFT") == UTC_DAYS


async def test_negative_prices_pass_if_the_feed_says_so() -> None:
    for allowed in (False, True):
        feed = MarkedFeed()
        feed.info = replace(feed.info, negative_prices=allowed)
        async with serving(feed) as service:
            feed.trade((START, -37.63, 10, (), 1))
            async with asyncio.timeout(60):
                while not (service.pump.state().state == "stale" or service.hub.apply_pending().version):
                    await asyncio.sleep(0)
            assert bool(service.hub.board.version) is allowed


@pytest.mark.parametrize("late_s", [0, 60])
async def test_late_trades_and_corrections_are_counted(late_s: int) -> None:
    """In metrics and in `/healthz`. How late a trade may be is a setting."""
    feed = MarkedFeed()
    settings = Settings(port=0, late_ns=late_s * S)
    async with serving(feed, settings) as service, aiohttp.ClientSession() as session:
        feed.trade((START, 100, 10, (), 1))
        feed.reach(30)
        feed.trade((START + 40 * S, 101, 10, (), 2))
        feed.trade((START + 5 * S, 99, 10, (), 3))
        feed.correct(1)
        feed.correct(2, 102, 1)
        feed.correct(77)
        feed.reach(60)
        async with asyncio.timeout(60):
            while service.hub.bars.watermark < START + 60 * S:
                await asyncio.sleep(0)
        async with session.get(service.url + "/healthz") as response:
            counts = (await response.json())["late"]
        async with session.get(service.url + "/metrics") as response:
            text = await response.text()
        samples = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        found = {key[1]: value for key, value in samples.items() if key[0] == "ticker_late_trades_total"}
        assert found == {"revised": counts["revised"], "too_late": counts["too_late"]}
        assert found == ({"revised": 1, "too_late": 0} if late_s else {"revised": 0, "too_late": 1})
        kinds = {key[1]: value for key, value in samples.items() if key[0] == "ticker_corrections_total"}
        assert kinds["uncorrectable"] == counts["uncorrectable"]
        if late_s:
            assert kinds == {"corrected": 1, "cancelled": 1, "uncorrectable": 1}
            # Of 1s, the bar of the cancelled trade.
            assert samples["ticker_revised_bars_total",] >= 1

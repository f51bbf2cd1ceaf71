"""Bars with revisions, and of intervals that the server does not keep: shapes, versions, resuming, limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.errors import ProtocolError
from ticker.hub.hub import Hub
from ticker.hub.intervals import IntervalsInUse
from ticker.intervals import KEPT, interval
from ticker.market.bar_levels import KEPT_BARS
from ticker.market.bar_store import BarStore
from ticker.model import DayValues, Restart, Settled, SymbolTable, Watermark
from ticker.wire.limits import Limits
from ticker.wire.messages import Since, Subscribe, Unsubscribe

S = 1_000_000_000
#: 2024-01-02 14:30 UTC: a multiple of each interval here.
START = 1_704_205_800 * S
Message = dict[str, Any]


class Client:
    """A client whose frames the test takes; ``answer`` is that to its last subscribe."""

    def __init__(self, hub: Hub, encoding: str = "json", **keys: Any) -> None:
        self.hub = hub
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session = hub.attach(self.outlet, encoding)
        self.answer = self.subscribe(**keys) if keys else {}

    def subscribe(self, interval: str, *symbols: str, **keys: Any) -> Message:
        self.outlet.sent.clear()
        message = Subscribe(channel="bars", interval=interval, symbols=[*symbols] or ["A"], rate=10, **keys)
        self.hub.handle(self.session, message, 0)
        return decoded(self.outlet.sent.pop(0), self.encoding)

    def unsubscribe(self, interval: str, *symbols: str) -> None:
        self.hub.handle(self.session, Unsubscribe(channel="bars", interval=interval, symbols=[*symbols] or ["*"]), 0)

    def take(self) -> list[Message]:
        frames, self.outlet.sent = self.outlet.sent, []
        return [decoded(frame, self.encoding) for frame in frames]

    def closed(self) -> list[tuple[str, int, float]]:
        """Symbol, start (s after START) and close of each closed bar since the last call."""
        return [(bar[0], (bar[1] - START) // S, bar[5]) for frame in self.take() for bar in frame["data"] if bar[9]]


class Market:
    def __init__(self, **keys: Any) -> None:
        self.table = SymbolTable(("A", "B"))
        self.hub = Hub(self.table.names, **keys)

    def trade(self, code: int, second: float, price: float) -> None:
        self.hub.publish(batch(self.table, [(code, START + int(second * S), price, 10.0)]))

    def reach(self, second: float) -> None:
        """Market time reaches ``second``, and lanes beat."""
        self.hub.publish(Watermark(START + int(second * S)))
        self.hub.beat(10, 0)

    def since(self, version: int) -> Since:
        return Since(epoch=self.hub.board.epoch, version=version)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("name", ["1m", "2m"])
def test_rows_of_bars_with_and_without_revisions(encoding: str, name: str) -> None:
    """A late trade revises a closed bar: it comes again, to the client with revisions only."""
    market = Market()
    plain = Client(market.hub, encoding, interval=name)
    revised = Client(market.hub, encoding, interval=name, revisions=True)
    assert ("revisions" in plain.answer, revised.answer["revisions"]) == (False, True)
    market.trade(0, 5, 100)
    plain.take(), revised.take()
    market.reach(10)
    assert [bar for frame in plain.take() for bar in frame["data"]] == [
        ["A", START, 100, 100, 100, 100, 10, 100, 1, False]
    ]
    assert [bar for frame in revised.take() for bar in frame["data"]] == [
        ["A", START, 100, 100, 100, 100, 10, 100, 1, False, 0, False]
    ]
    market.trade(0, 125, 104)
    market.reach(130)
    assert plain.closed() == [("A", 0, 100)]
    bars = [bar for frame in revised.take() for bar in frame["data"] if bar[9]]
    assert bars == [["A", START, 100, 100, 100, 100, 10, 100, 1, True, 0, False]]
    market.trade(0, 119 if name == "2m" else 85, 98)  # late; of 1m it is the first trade of its bar
    market.reach(131)
    if name == "2m":
        assert plain.closed() == []
        bars = [bar for frame in revised.take() for bar in frame["data"] if bar[9]]
        assert bars == [["A", START, 100, 100, 98, 98, 20, 99, 2, True, 1, False]]


@pytest.mark.parametrize("name", ["1m", "2m"])
def test_an_open_bar_that_lacks_trades_is_incomplete(name: str) -> None:
    """For clients with revisions, and so is the closed bar. The next one is whole."""
    market = Market()
    client = Client(market.hub, interval=name, revisions=True)
    one = np.ones(1)
    market.trade(0, 5, 100)
    market.hub.publish(
        DayValues(
            table=market.table, symbol=np.array([0], np.int32), ts=START + 30 * S, since=START + 20 * S,
            open=one * 100, high=one * 104, low=one * 99, volume=one * 500, last=one * 103, prev_close=one * np.nan,
            vwap=one * np.nan, trades=one * np.nan,
        )
    )  # fmt: skip
    market.trade(0, 40, 101)
    market.reach(41)
    assert [(bar[9], bar[11]) for frame in client.take() for bar in frame["data"]] == [(False, True)]
    market.trade(0, 125, 102)
    market.reach(130)
    bars = [bar for frame in client.take() for bar in frame["data"]]
    assert [((bar[1] - START) // S, bar[9], bar[11]) for bar in bars] == [(0, True, True), (120, False, False)]


def test_the_version_of_a_folded_interval_is_the_end_of_the_newest_bar() -> None:
    market = Market()
    client = Client(market.hub, interval="2m")
    [frame] = client.take()
    assert (frame["since"], frame["version"], frame["data"]) == (0, 0, [])
    market.trade(0, 5, 100)
    market.trade(1, 6, 50)
    market.reach(120)
    [frame] = client.take()
    assert (frame["since"], frame["version"]) == (0, START + 120 * S)
    # A bar of a symbol that this client does not watch moves the version, with the client's next frame.
    market.trade(1, 130, 51)
    market.reach(240)
    assert client.take() == []
    market.trade(0, 250, 101)
    market.reach(360)
    [*_, frame] = client.take()
    assert frame["version"] == START + 360 * S
    assert [bar[:2] for bar in frame["data"]] == [["A", START + 240 * S]]


def test_versions_of_frames_join() -> None:
    """Each frame's ``since`` is the version before it, for members of groups and for slow consumers."""
    market = Market()
    steady, slow = Client(market.hub, interval="10s"), Client(market.hub, interval="10s")
    versions = {client: client.take()[-1]["version"] for client in (steady, slow)}
    for step in range(12):
        slow.outlet.is_ready = step % 4 == 3
        market.trade(step % 2, step * 10 + 1, 100 + step)
        market.reach(step * 10 + 10)
        for client in (steady, slow):
            for frame in client.take():
                assert frame["since"] == versions[client]
                assert frame["version"] >= frame["since"]
                versions[client] = frame["version"]
    # The last bar is of another symbol: its end is told to the client that was behind, which had a frame to itself.
    assert (versions[steady], versions[slow]) == (START + 110 * S, START + 120 * S)


def test_a_client_that_moves_to_another_lane_is_up_to_date() -> None:
    """Also if the newest bar is of a symbol that it does not watch. It is sent nothing, and waits for nothing."""
    market = Market()
    client, other = Client(market.hub, interval="2m"), Client(market.hub, interval="2m")
    other.subscribe("2m", "B", revisions=True)
    market.trade(0, 5, 100)
    market.reach(120)
    market.trade(1, 125, 50)
    market.reach(240)
    client.take()
    assert client.subscribe("2m", revisions=True)["revisions"] is True
    market.hub.beat(10, 0)
    assert market.hub.lanes.behind == 0
    assert [frame["data"] for frame in client.take()] in ([], [[]])
    market.trade(0, 250, 101)
    market.reach(360)
    assert client.closed() == [("A", 240, 101)]


@pytest.mark.parametrize("revisions", [False, True])
def test_a_resume_lacks_no_bar(revisions: bool) -> None:
    """It repeats the bars that may have been revised: those that ended within the last minute."""
    market = Market()
    client = Client(market.hub, interval="30s", revisions=revisions)
    for step in range(10):
        market.trade(0, step * 30, 100 + step)
    market.reach(240)
    version = client.take()[-1]["version"]
    assert version == START + 240 * S
    market.hub.detach(client.session)
    market.reach(300)
    client = Client(market.hub, interval="30s", revisions=revisions, since=market.since(version))
    frames = client.take()
    assert (frames[0]["since"], frames[-1]["version"]) == (version, START + 300 * S)
    starts = [(bar[1] - START) // S for frame in frames for bar in frame["data"] if bar[9]]
    assert starts == [180, 210, 240, 270]
    assert "lost" not in frames[0]


def test_a_resume_has_a_bar_that_was_revised_meanwhile() -> None:
    market = Market()
    client = Client(market.hub, interval="30s", revisions=True)
    market.trade(0, 5, 100)
    market.trade(0, 35, 101)
    market.reach(30)
    version = client.take()[-1]["version"]
    market.hub.detach(client.session)
    market.trade(0, 6, 90)
    market.reach(60)
    client = Client(market.hub, interval="30s", revisions=True, since=market.since(version))
    bars = {bar[1]: bar for frame in client.take() for bar in frame["data"] if bar[9]}
    assert {start: (bar[4], bar[6]) for start, bar in bars.items()} == {START: (90, 20), START + 30 * S: (101, 10)}


def test_a_resume_from_an_impossible_version_begins_now() -> None:
    market = Market()
    market.trade(0, 5, 100)
    market.reach(60)
    client = Client(market.hub, interval="30s", since=market.since(START + 600 * S))
    [frame] = client.take()
    assert (frame["since"], frame["version"], frame["data"]) == (START + 30 * S, START + 30 * S, [])


def test_a_resume_from_before_the_ring_reports_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.market.bar_level.RING_BARS", 4)
    market = Market()
    keeper = Client(market.hub, interval="30s")
    for step in range(9):
        market.trade(0, step * 30, 100 + step)
        market.reach(step * 30 + 30)
    keeper.take()
    client = Client(market.hub, interval="30s", since=market.since(START + 30 * S))
    frames = client.take()
    assert list(frames[0]["lost"]) == ["*"]
    assert [(bar[1] - START) // S for frame in frames for bar in frame["data"] if bar[9]] == [150, 180, 210, 240]
    recent = Client(market.hub, interval="30s", since=market.since(START + 270 * S))
    assert "lost" not in recent.take()[0]


def test_a_large_catch_up_is_split_and_its_parts_join() -> None:
    """A client that is cut off between two parts, and resumes from the first, lacks nothing."""
    market = Market(limits=Limits(frame_bytes=16_384))
    client = Client(market.hub, interval="2s")
    for step in range(100):
        for code in (0, 1):
            market.trade(code, step * 2, 100 + step)
    client.subscribe("2s", "*")
    client.take()
    client.outlet.is_ready = False
    market.reach(200)
    client.outlet.is_ready = True
    market.hub.beat(10, 0)
    got: list[tuple[str, int]] = []
    version = 0
    for _ in range(20):
        for frame in client.take():
            assert frame["since"] == version
            version = frame["version"]
            got += [(bar[0], bar[1]) for bar in frame["data"] if bar[9]]
            resumed = Client(market.hub, interval="2s", since=market.since(version))
            resumed.subscribe("2s", "*", since=market.since(version))
            rest = set()
            for _ in range(20):
                rest |= {(bar[0], bar[1]) for each in resumed.take() for bar in each["data"] if bar[9]}
                market.hub.poll(0)
            assert len(set(got) | rest) == 200
            market.hub.detach(resumed.session)
        market.hub.poll(0)
    assert got == [(name, START + step * 2 * S) for step in range(100) for name in ("A", "B")]


@pytest.mark.parametrize("hidden", [False, True])
def test_folded_intervals_go_on_in_a_new_epoch(hidden: bool) -> None:
    """Also in one that was built while clients saw the old one: that has its bars already."""
    market = Market()
    client = Client(market.hub, interval="2m", revisions=True)
    market.trade(0, 5, 100)
    market.reach(120)
    client.take()
    market.hub.publish(Restart(hidden=hidden))
    market.trade(0, 5, 200)
    market.reach(120)
    if hidden:
        market.hub.publish(Settled())
        market.trade(0, 125, 201)
        market.reach(240)
    welcome, *frames = client.take()
    assert welcome["type"] == "welcome"
    bars = [bar for frame in frames for bar in frame["data"] if bar[9]]
    assert [(bar[0], bar[5], len(bar)) for bar in bars] == [("A", 201 if hidden else 200, 12)]
    assert frames[-1]["version"] == START + (240 if hidden else 120) * S


def test_kept_and_folded_intervals_have_equal_bars_where_they_meet() -> None:
    """Of 2m, each bar is made of two of 1m; a week and a month are kept and numbered."""
    market = Market()
    clients = {name: Client(market.hub, interval=name) for name in ("1m", "2m", "1w", "1M")}
    for step in range(4):
        market.trade(0, step * 60, 100 + step)
        market.reach(step * 60 + 60)
    assert clients["1m"].closed() == [("A", 0, 100), ("A", 60, 101), ("A", 120, 102), ("A", 180, 103)]
    assert clients["2m"].closed() == [("A", 0, 101), ("A", 120, 103)]
    market.reach(40 * 86_400)
    for name in ("1w", "1M"):
        frame = [frame for frame in clients[name].take() if any(bar[9] for bar in frame["data"])][-1]
        assert (frame["version"], [(bar[5], bar[6]) for bar in frame["data"] if bar[9]]) == (1, [(103, 40)])


@pytest.mark.parametrize("name", ["2s", "10s", "2m"])
def test_a_folded_interval_begins_with_the_newest_whole_bars(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those that are fetched. A bar whose first trades are not read for it is left out, not sent in part."""
    monkeypatch.setattr("ticker.market.bar_levels.RING_BARS", 8)
    market = Market()
    for second in range(1, 700):
        for code in range(2):
            if (second * 7 + code) % 5:
                market.trade(code, second, 100 + second % 13)
    market.reach(697)
    client = Client(market.hub)
    client.subscribe(name, "A", "B", since=market.since(1))
    got = [bar for frame in client.take() for bar in frame["data"] if bar[9]]
    assert len({bar[1] for bar in got}) >= 3
    for row, symbol in enumerate(("A", "B")):
        starts, values, closed, *_ = market.hub.bars.history(row, interval(name))
        fetched = {
            start: bar for start, bar, done in zip(starts.tolist(), values.tolist(), closed, strict=True) if done
        }
        mine = {bar[1]: bar[2:9] for bar in got if bar[0] == symbol}
        newest = sorted(fetched)[-len(mine) :]
        assert mine == {start: fetched[start] for start in newest}


def test_the_oldest_bar_is_not_folded_from_a_part_of_its_trades(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1s, 5 bars are kept here: one half of the oldest 2s bar is no longer known."""
    monkeypatch.setitem(KEPT_BARS, "1s", 5)
    market = Market()
    for second in range(8):
        market.trade(0, second, 100 + second)
        market.reach(second + 1)
        market.hub.bars.fold()
    starts, values, *_ = market.hub.bars.history(0, interval("2s"))
    assert ((starts - START) // S).tolist() == [4, 6]
    assert values[:, 4].tolist() == [20, 20]


# Which intervals there are, and how many


@pytest.mark.parametrize("name", ["7m", "60s", "24h", "2d", "", "1y", "0s", "1m ", "١m", "86400s"])
def test_an_interval_that_there_is_not_is_refused(name: str) -> None:
    market = Market()
    client = Client(market.hub)
    for _ in range(2):
        answer = client.subscribe(name)
        assert (answer["type"], answer["code"]) == ("error", "bad-interval")
    assert len(market.hub.intervals) == 0
    assert client.take() == []


def test_an_error_of_an_interval_says_how_it_is_written() -> None:
    client = Client(Market().hub)
    assert "1m" in client.subscribe("60s")["message"]
    assert "divide" in client.subscribe("7m")["message"]


#: Twelve intervals that are not kept.
FOLDED = ("2s", "3s", "4s", "6s", "8s", "9s", "10s", "12s", "15s", "16s", "18s", "20s")


def test_a_client_has_at_most_eight_intervals_that_are_not_kept() -> None:
    """Kept ones are not counted, and a refusal changes nothing."""
    market = Market()
    client = Client(market.hub)
    for name in (*FOLDED[:8], *(each.name for each in KEPT)):
        assert client.subscribe(name)["type"] == "subscribed"
    answer = client.subscribe(FOLDED[8])
    assert (answer["type"], answer["code"]) == ("error", "too-many-intervals")
    assert client.subscribe(FOLDED[7], "B")["symbols"] == ["A", "B"]
    assert len(market.hub.intervals) == 8
    client.unsubscribe(FOLDED[0], "A")
    assert len(market.hub.intervals) == 7
    assert client.subscribe(FOLDED[8])["type"] == "subscribed"
    # What the client did not get, it can ask for at another rate.
    client.subscribe("1m", revisions=True)
    assert client.subscribe(FOLDED[9])["code"] == "too-many-intervals"


def test_all_clients_have_at_most_32_intervals_that_are_not_kept() -> None:
    """One that is in use already is open to more clients. The last subscription of an interval frees it."""
    market = Market()
    names = [name for name in map(str, range(2, 400)) if 86_400 % int(name) == 0 and int(name) % 60]
    names = [f"{name}s" for name in names if f"{name}s" not in {each.name for each in KEPT}]
    names = [*names, *(f"{each}m" for each in (2, 3, 4, 6, 8, 9, 10))][:33]
    clients = [Client(market.hub) for _ in range(5)]
    for place, name in enumerate(names[:32]):
        assert clients[place // 8].subscribe(name)["type"] == "subscribed", name
    answer = clients[4].subscribe(names[32])
    assert (answer["type"], answer["code"]) == ("error", "too-many-intervals")
    assert clients[4].subscribe(names[0])["type"] == "subscribed"
    market.hub.detach(clients[0].session)
    assert len(market.hub.intervals) == 25
    assert names[0] in market.hub.bars.closed
    assert names[1] not in market.hub.bars.closed
    assert clients[4].subscribe(names[32])["type"] == "subscribed"
    for client in clients[1:]:
        market.hub.detach(client.session)
    assert len(market.hub.intervals) == 0
    assert set(market.hub.bars.closed) == {each.name for each in KEPT}


def test_a_subscription_without_symbols_uses_no_interval() -> None:
    """Nor does one whose symbols are all rejected."""
    market = Market()
    client = Client(market.hub)
    for symbols in (("UNKNOWN",), ("\n",)):
        assert client.subscribe("2m", *symbols)["symbols"] == []
    client.unsubscribe("2m")
    client.subscribe("1m", "A")  # moves all subscriptions to another rate
    assert len(market.hub.intervals) == 0
    assert set(market.hub.bars.closed) == {each.name for each in KEPT}
    assert client.subscribe("2m", "A")["symbols"] == ["A"]
    client.unsubscribe("2m", "A")
    market.trade(0, 5, 100)
    market.reach(300)
    assert len(market.hub.intervals) == 0


def test_an_interval_begins_again_after_it_was_freed() -> None:
    market = Market()
    client = Client(market.hub, interval="2m")
    market.trade(0, 5, 100)
    market.reach(120)
    client.unsubscribe("2m")
    market.trade(0, 125, 101)
    market.reach(240)
    client.take()
    client.subscribe("2m", since=market.since(START + 120 * S))
    assert client.closed()[-1] == ("A", 120, 101)
    market.trade(0, 250, 102)
    market.reach(360)
    assert client.closed()[-1] == ("A", 240, 102)


def test_limits_of_0_allow_kept_intervals_only() -> None:
    use = IntervalsInUse(Limits(intervals=0))
    with pytest.raises(ProtocolError) as raised:
        use.check(interval("2m"), [], "", 7)
    assert (raised.value.code, raised.value.id) == ("too-many-intervals", 7)
    use.begin(interval("2m"), "", store := BarStore())
    assert "2m" in store.closed
    assert use.end(interval("2m"), "", store)
    assert "2m" not in store.closed

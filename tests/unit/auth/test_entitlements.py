"""Entitlements: patterns, channels and rates, and how the hub applies them."""

from __future__ import annotations

import json

import pytest

from tests.support.market import batch
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.fanout.subscription import Position
from ticker.hub.hub import Hub
from ticker.hub.session import rejection
from ticker.model import SymbolTable
from ticker.wire.messages import Since

TS = 1_700_000_000_000_000_000


class Recorder:
    """An outlet that keeps the messages."""

    def __init__(self) -> None:
        self.frames = 0
        self.messages: list[dict[str, object]] = []

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes, position: Position | None = None) -> None:
        self.frames += 1
        self.messages.append(json.loads(payload))

    def offer(self, payload: bytes, position: Position | None = None) -> bool:
        self.send(payload, position)
        return True

    def data(self) -> dict[str, object]:
        """The data of all updates, merged."""
        found: dict[str, object] = {}
        for message in self.messages:
            if message["type"] == "update":
                assert isinstance(message["data"], dict)
                found |= message["data"]
        return found


def test_symbols_are_shell_patterns() -> None:
    may = Entitlements(symbols=("AAPL", "FX:*", "BRK.?", "[XY]*"))
    allowed = ["AAPL", "FX:EURUSD", "FX:", "BRK.A", "X", "YY"]
    assert [
        name for name in [*allowed, "aapl", "AAPLX", "BRK.AB", "fx:EURUSD", "Z", "", "A\nAPL"] if may.symbol(name)
    ] == allowed
    assert not may.every_symbol
    assert Entitlements(symbols=("X", "*")).every_symbol
    assert not Entitlements(symbols=()).symbol("AAPL")


def test_rooms_are_shell_patterns() -> None:
    may = Entitlements(rooms=("desk", "fx-*"))
    assert [name for name in ("desk", "fx-", "fx-majors", "Desk", "desks", "fx") if may.room(name)] == [
        *("desk", "fx-", "fx-majors")
    ]
    assert Entitlements().room("any room")
    assert not Entitlements(rooms=()).room("desk")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"symbols": ("",)}, "symbols"),
        ({"channels": ("ticker", "tape")}, "channels"),
        ({"rooms": ("desk", "")}, "rooms"),
        ({"rate": 0.1}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"connections": 0}, "connections"),
    ],
)
def test_invalid_entitlements_are_refused(given: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}: "):
        Entitlements(**given)  # type: ignore[arg-type]


def hub(*names: str, complete: bool = True) -> tuple[Hub, SymbolTable]:
    table = SymbolTable(names)
    made = Hub(table.names, complete=complete)
    return made, table


def ask(made: Hub, may: Entitlements, **subscribe: object) -> Recorder:
    told = Recorder()
    session = made.attach(told, "json", may)
    made.receive(session, json.dumps({"op": "subscribe", **subscribe}), TS)
    return told


def test_a_symbol_without_entitlement_is_rejected_whether_or_not_it_exists() -> None:
    made, _ = hub("AAPL", "MSFT")
    told = ask(made, Entitlements(symbols=("A*",)), symbols=["AAPL", "MSFT", "NONE", "ABSENT", "*bad\n"])
    assert told.messages[1]["rejected"] == {
        "MSFT": "not-entitled",
        "NONE": "not-entitled",
        "ABSENT": "unknown-symbol",
        "*bad\n": "unknown-symbol",
    }
    assert told.messages[1]["symbols"] == ["AAPL"]


def test_all_means_all_entitled_symbols_including_new_ones() -> None:
    made, table = hub("AAPL", "MSFT", complete=False)
    told = ask(made, Entitlements(symbols=("A*",)), symbols=["*"], rate=0)
    assert told.messages[1]["symbols"] == ["*"]
    made.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)], []))
    made.flush(TS)
    assert set(told.data()) == {"AAPL"}
    table.code("AMZN")
    table.code("NVDA")
    made.publish(batch(table, [(2, TS, 3.0, 1.0), (3, TS, 4.0, 1.0), (1, TS, 5.0, 1.0)], []))
    made.flush(TS)
    assert set(told.data()) == {"AAPL", "AMZN"}
    everything = ask(made, EVERYTHING, symbols=["*"], rate=0)
    assert set(everything.data()) == {"AAPL", "MSFT", "AMZN", "NVDA"}


@pytest.mark.parametrize("channel", ["trades", "quotes", "bars"])
def test_all_means_all_entitled_symbols_on_the_other_channels(channel: str) -> None:
    made, table = hub("AAPL", "MSFT")
    told = ask(made, Entitlements(symbols=("A*",)), symbols=["*"], channel=channel, interval="1s", rate=0)
    made.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)], [(0, TS, 1, 1, 2, 1), (1, TS, 1, 1, 2, 1)]))
    made.flush(TS)
    rows = [row for message in told.messages if message["type"] == channel for row in message["data"]]  # type: ignore[attr-defined]
    assert [row[0] for row in rows] == ["AAPL"]


def test_a_channel_without_entitlement_is_rejected() -> None:
    made, _ = hub("AAPL")
    told = ask(made, Entitlements(channels=("bars",)), symbols=["AAPL", "*"])
    assert told.messages[1]["symbols"] == []
    assert told.messages[1]["rejected"] == {"AAPL": "not-entitled", "*": "not-entitled"}


@pytest.mark.parametrize(("asked", "granted"), [(None, 2), (0, 2), (60, 2), (2, 2), (1, 1)])
def test_the_granted_rate_is_at_most_the_keys(asked: float | None, granted: float) -> None:
    made, _ = hub("AAPL")
    more = {} if asked is None else {"rate": asked}
    told = ask(made, Entitlements(rate=4), symbols=["AAPL"], **more)
    assert told.messages[1]["rate"] == granted
    assert made.rates == {granted}


@pytest.mark.parametrize("more", [{}, {"channel": "bars", "interval": "1s"}])
def test_subscribing_again_gets_no_more_than_the_rate(more: dict[str, str]) -> None:
    """What would be sent at once is sent with the next beat."""
    made, table = hub("AAPL")
    told = Recorder()
    session = made.attach(told, "json", Entitlements(rate=2))
    kind = "bars" if more else "update"
    for count in range(3):
        made.publish(batch(table, [(0, TS, 1.0 + count, 1.0)], []))
        for op in ("subscribe", "unsubscribe", "subscribe"):
            made.receive(session, json.dumps({"op": op, "symbols": ["AAPL"], **more}), TS)
        since = {"epoch": made.board.epoch, "version": 0}
        made.receive(session, json.dumps({"op": "subscribe", "symbols": ["AAPL"], "since": since, **more}), TS)
        made.poll(TS)
        assert [message["type"] for message in told.messages].count(kind) == count
        made.beat(2, TS)
        assert [message["type"] for message in told.messages].count(kind) == count + 1


def test_a_snapshot_has_only_entitled_symbols() -> None:
    made, table = hub("AAPL", "MSFT")
    made.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)], []))
    may = Entitlements(symbols=("A*",))
    found = made.snapshot(["*"], TS, may)
    assert set(found.data) == {"AAPL"}
    assert not found.rejected
    assert made.snapshot(["MSFT", "NONE"], TS, may).rejected == {"MSFT": "not-entitled", "NONE": "not-entitled"}
    assert made.snapshot(["*", "AAPL"], TS, Entitlements(channels=("trades",))).data == {}


def test_a_snapshot_since_a_version_has_the_changes_after_it() -> None:
    """Or everything, if the version is of another epoch."""
    made, table = hub("AAPL", "MSFT")
    made.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)], []))
    first = made.snapshot(["*"], TS)
    at = Since(epoch=first.epoch, version=first.version)
    assert made.snapshot(["*"], TS, since=at).data == {}
    made.publish(batch(table, [(1, TS, 3.0, 1.0)], []))
    assert set(made.snapshot(["*"], TS, since=at).data) == {"MSFT"}
    assert made.snapshot(["AAPL"], TS, since=at).data == {}
    for other in (Since(epoch="another", version=first.version), Since(epoch=first.epoch, version=999)):
        assert set(made.snapshot(["*"], TS, since=other).data) == {"AAPL", "MSFT"}


class Blind:
    """A catalogue that must not be used."""

    complete = True

    @property
    def names(self) -> list[str]:
        raise AssertionError("all names were looked through")

    def row(self, name: str) -> int | None:
        raise AssertionError(f"{name} was looked up")


def test_a_symbol_without_entitlement_is_not_looked_up() -> None:
    """The time of the answer can't tell whether it exists."""
    assert rejection("MSFT", Entitlements(symbols=("A*",)), Blind()) == "not-entitled"
    with pytest.raises(AssertionError, match="AAPL was looked up"):
        rejection("AAPL", Entitlements(symbols=("A*",)), Blind())

"""Alerts fire exactly once per crossing, for every batching of the ticks and every timing of beats."""

from __future__ import annotations

import json
import operator
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.alerts.op_handler import AlertHandler
from ticker.hub.hub import Hub
from ticker.model import Removal, Restart, Rollover, Settled, SymbolTable
from ticker.wire.limits import Limits

SYMBOLS = ("AAPL", "MSFT")
TS = 1_700_000_000_000_000_000

# Few prices around few levels, so that crossings are frequent.
_prices = st.integers(16, 24).map(lambda halves: halves / 2)
_sides = st.one_of(st.none(), _prices)
_codes = st.integers(0, len(SYMBOLS) - 1)
_trade = st.tuples(st.just("trade"), _codes, _prices, st.integers(0, 3).map(float))
_quote = st.tuples(st.just("quote"), _codes, _sides, _sides)
_levels: dict[str, list[float]] = {
    "last": [9, 10, 11],
    "bid": [9, 10.5],
    "ask": [10, 11],
    "volume": [0, 2, 5, 9],
    "change_pct": [0, 10, -12.5],
}
_comparisons = st.sampled_from([">=", ">", "<=", "<", "crosses", "crosses"])
_condition = st.one_of(
    *(st.tuples(st.just(field), _comparisons, st.sampled_from(levels)) for field, levels in _levels.items())
)
_put = st.tuples(
    st.just("put"),
    st.integers(0, 3),
    _codes,
    _condition,
    st.booleans(),
    st.sampled_from([None, 0, 0.5, 1, 6]),
)
_rollover = st.tuples(st.just("rollover"), st.one_of(st.none(), _codes), _sides)
_rare = st.one_of(
    _put,
    _rollover,
    st.tuples(st.just("removal"), _codes),
    st.tuples(st.sampled_from(["restart", "jump"])),
    st.tuples(st.just("unalert"), st.integers(0, 3)),
)
_history = st.tuples(
    st.lists(_put, min_size=2, max_size=4),
    st.lists(st.one_of(*[_trade] * 8, *[_quote] * 4, _rare), min_size=12, max_size=60),
).map(lambda parts: [*parts[0], *parts[1]])


class NaiveAlert:
    """The rules of docs/protocol.md, applied value by value."""

    OPS: ClassVar = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}

    def __init__(self, symbol: int, condition: tuple[str, str, float], once: bool, hysteresis: float | None) -> None:
        self.symbol = symbol
        self.field, self.comparison, self.level = condition
        self.once = once
        self.back = hysteresis if hysteresis is not None else (abs(self.level) / 1000 or 0.01)
        self.ended = self.held = False
        self.before: float | None = None

    def sees(self, value: float) -> bool:
        if self.ended:
            return False
        fires = self._passed(value) if self.comparison == "crosses" else self._reached(value)
        self.ended = fires and self.once
        return fires

    def _reached(self, value: float) -> bool:
        there = bool(self.OPS[self.comparison](value, self.level))
        if self.held:
            gone = self.level - value if ">" in self.comparison else value - self.level
            self.held = there or gone < self.back
            return False
        self.held = there
        return there

    def _passed(self, value: float) -> bool:
        """``before`` is the last value on a known side of the level; it doesn't change while the alert is held."""
        far = abs(value - self.level) >= self.back
        through = self.before is not None and (value - self.level) * (self.before - self.level) < 0
        fires = through and (far or not self.held)
        if value != self.level and (fires or not through):
            self.before = value
        if far and value != self.level:
            self.held = False
        elif fires:
            self.held = True
        return fires


class NaiveMarket:
    """The current values, and the ids and values of alerts that fired."""

    def __init__(self, *, known: bool) -> None:
        self.values: list[dict[str, float]] = [{}, {}]
        #: Codes of removed symbols: a rollover of all symbols skips them.
        self.gone: set[int] = set()
        #: Whether the symbols exist: an unknown one can't be removed.
        self.known = known
        self.alerts: dict[int, NaiveAlert] = {}
        self.fired: list[tuple[int, float]] = []

    def happens(self, what: tuple[Any, ...]) -> None:
        kind, *rest = what
        self.known |= kind in ("trade", "quote", "rollover")
        if kind == "put":
            id_, *how = rest
            self.alerts.pop(id_, None)  # alerts that fire on the same tick fire in the order of their creation
            alert = self.alerts[id_] = NaiveAlert(*how)
            self._show({id_: alert}, alert.symbol, (alert.field,))
        elif kind == "unalert":
            self.alerts.pop(rest[0], None)
        elif kind == "trade":
            code, price, size = rest
            self.gone.discard(code)
            values = self.values[code]
            values["last"] = price
            values["volume"] = values.get("volume", 0) + size
            self._change(values)
            self._show(self.alerts, code, ("last", "volume", "change_pct"))
        elif kind == "quote":
            code, bid, ask = rest
            self.gone.discard(code)
            for field, side in (("bid", bid), ("ask", ask)):
                self.values[code].pop(field, None)
                if side is not None:
                    self.values[code][field] = side
            self._show(self.alerts, code, ("bid", "ask"))
        elif kind == "rollover":
            code, close = rest
            self.gone.discard(code)
            for each in {0, 1} - self.gone if code is None else [code]:
                self._roll_over(each, close)
        else:
            self.gone = self.gone.union(rest) if rest and self.known else set()
            for code in rest or [0, 1]:
                self.values[code].clear()
                self._forget(code, ("last", "bid", "ask", "volume", "change_pct"))

    def _roll_over(self, code: int, close: float | None) -> None:
        values = self.values[code]
        values.pop("volume", None)
        if close is not None or "last" in values:
            values["prev_close"] = values["last"] if close is None else close
        self._change(values)
        self._forget(code, ("volume", "change_pct"))

    @staticmethod
    def _change(values: dict[str, float]) -> None:
        if "last" in values and "prev_close" in values:
            values["change_pct"] = 100 * (values["last"] - values["prev_close"]) / values["prev_close"]

    def _forget(self, code: int, fields: tuple[str, ...]) -> None:
        for alert in self.alerts.values():
            if alert.symbol == code and alert.field in fields:
                alert.before = None

    def _show(self, alerts: dict[int, NaiveAlert], code: int, fields: tuple[str, ...]) -> None:
        for id_, alert in alerts.items():
            value = self.values[code].get(alert.field)
            if alert.symbol == code and alert.field in fields and value is not None and alert.sees(value):
                self.fired.append((id_, value))


class Run:
    """The same history on a hub. ``cuts`` tells after which ticks a batch ends, ``beats`` if the hub beats then."""

    def __init__(self, cuts: list[bool], beats: list[bool], *, complete: bool) -> None:
        self.cuts, self.beats = cuts, beats
        self.table = SymbolTable(SYMBOLS)
        self.desk = AlertHandler()
        self.hub = Hub(
            SYMBOLS if complete else (), complete=complete, limits=Limits(), op_handlers=[self.desk], observer=self.desk
        )
        self.desk.watch(self.hub)
        self.outlet = ScriptedOutlet()
        self.session = self.hub.attach(self.outlet, "json")
        self.ticks: tuple[list[Any], list[Any]] = ([], [])

    def of(self, history: list[tuple[Any, ...]]) -> list[tuple[int, float]]:
        for number, what in enumerate(history):
            self._happens(TS + number, *what)
            if self.cuts[number % len(self.cuts)]:
                self._publish()
                if self.beats[number % len(self.beats)]:
                    self.hub.beat(20, TS)
        self._publish()
        self.hub.beat(20, TS)
        sent = [decoded(payload, "json") for payload in self.outlet.written]
        assert not [message for message in sent if message["type"] == "error"]
        fired = [message for message in sent if message["type"] == "alert"]
        assert [message["seq"] for message in fired] == list(range(1, len(fired) + 1))
        return [(message["id"], message["value"]) for message in fired]

    def _happens(self, ts: int, kind: str, *rest: Any) -> None:
        if kind == "trade":
            code, price, size = rest
            self.ticks[0].append((code, ts, price, size))
            return
        if kind == "quote":
            code, bid, ask = rest
            self.ticks[1].append((code, ts, bid, 1.0, ask, 1.0))
            return
        self._publish()
        if kind == "put":
            id_, code, (field, comparison, level), once, hysteresis = rest
            when = f"{field} {comparison} {level}"
            self._say(op="alert", id=id_, symbol=SYMBOLS[code], when=when, once=once, hysteresis=hysteresis)
        elif kind == "unalert":
            if any(id_ == rest[0] for id_ in self.put()):
                self._say(op="unalert", id=rest[0])
        elif kind == "rollover":
            code, close = rest
            codes = [0, 1] if code is None else [code]
            closes = np.array([np.nan if close is None else close] * len(codes))
            self.hub.publish(Rollover(self.table, None if code is None else np.array(codes, np.int32), closes))
        elif kind == "removal":
            self.hub.publish(Removal((SYMBOLS[rest[0]],)))
        else:
            self.hub.publish(Restart(hidden=kind == "jump"))
            if kind == "jump":
                self.hub.publish(Settled())

    def put(self) -> list[int]:
        """The ids of the owner's alerts."""
        lists = [decoded(payload, "json") for payload in self.outlet.written if b'"type":"alerts"' in payload]
        return [alert["id"] for alert in lists[-1]["alerts"]]

    def _say(self, **message: Any) -> None:
        self.hub.receive(self.session, json.dumps({"owner": "ann", **message}), TS)

    def _publish(self) -> None:
        trades, quotes = self.ticks
        if trades or quotes:
            self.hub.publish(batch(self.table, trades, quotes))
        self.ticks = [], []


_flags = st.lists(st.booleans(), min_size=1, max_size=7)


@given(_history, _flags, _flags, st.booleans())
def test_an_alert_fires_once_per_crossing_for_every_batching(
    history: list[tuple[Any, ...]], cuts: list[bool], beats: list[bool], complete: bool
) -> None:
    """Alerts fire in the order of a model that sees tick by tick."""
    market = NaiveMarket(known=complete)
    for what in history:
        market.happens(what)
    found = Run(cuts, beats, complete=complete).of(history)
    assert [id_ for id_, _ in found] == [id_ for id_, _ in market.fired]
    assert [value for _, value in found] == pytest.approx([value for _, value in market.fired])
    assert Run([True], [True], complete=complete).of(history) == found

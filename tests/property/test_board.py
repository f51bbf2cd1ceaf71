"""The board compared with a reference that applies one tick at a time to dicts."""

from __future__ import annotations

import json
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import NAMES, board_event, events
from ticker.market.board import Board, symbol_dicts
from ticker.model import FIELDS, BoardEvent, Removal, Rollover, SymbolTable, TickBatch
from ticker.wire.codec import codec_for


class ReferenceBoard:
    """Values and versions by symbol and field; nothing vectorised."""

    def __init__(self) -> None:
        self.version = 0
        self.values: dict[str, dict[str, float]] = {}
        self.versions: dict[str, dict[str, int]] = {}
        self.notional: dict[str, float] = {}
        self.gone: dict[str, int] = {}

    def set(self, name: str, field: str, value: float | None) -> None:
        mine = self.values.setdefault(name, {})
        if mine.get(field) == value:
            return
        self.versions.setdefault(name, {})[field] = self.version
        if value is None:
            mine.pop(field, None)
        else:
            mine[field] = value

    def apply(self, given: BoardEvent) -> None:
        self.version += 1
        if isinstance(given, TickBatch):
            before = {name: dict(fields) for name, fields in self.values.items()}
            versions = {name: dict(fields) for name, fields in self.versions.items()}
            self._ticks(given)
            # Only the result of a batch counts: a value that changed and changed back is unchanged.
            for name, fields in self.values.items():
                for field in FIELDS:
                    if before.get(name, {}).get(field) == fields.get(field):
                        old = versions.get(name, {}).get(field)
                        if old is not None:
                            self.versions[name][field] = old
                        elif name in self.versions:
                            self.versions[name].pop(field, None)
        elif isinstance(given, Rollover):
            if given.symbol is None:
                names = [name for name in given.table if name not in self.gone]
                closes: dict[str, float] = {}
            else:
                names = [given.table[code] for code in given.symbol]
                assert given.prev_close is not None
                closes = dict(zip(names, given.prev_close.tolist(), strict=True))
            for name in dict.fromkeys(names):
                self.gone.pop(name, None)
                mine = self.values.setdefault(name, {})
                close = closes.get(name, math.nan)
                if math.isnan(close):
                    close = mine.get("last", mine.get("prev_close", math.nan))
                self.set(name, "prev_close", None if math.isnan(close) else close)
                for field in ("open", "high", "low", "volume", "trades", "vwap"):
                    self.set(name, field, None)
                self.notional[name] = 0.0
        elif isinstance(given, Removal):
            for name in given.names:
                if name in self.gone:
                    continue
                self.gone[name] = self.version
                for field in self.versions.get(name, {}):
                    self.versions[name][field] = self.version
                self.values[name] = {}
                self.notional[name] = 0.0

    def _ticks(self, given: TickBatch) -> None:
        stamped: dict[str, int] = {}
        for code, ts, price, size in zip(
            given.trades.symbol, given.trades.ts, given.trades.price, given.trades.size, strict=True
        ):
            name = given.table[int(code)]
            self.gone.pop(name, None)
            mine = self.values.setdefault(name, {})
            self.notional[name] = self.notional.get(name, 0.0) + float(price) * float(size)
            volume = mine.get("volume", 0.0) + float(size)
            self.set(name, "last", float(price))
            self.set(name, "last_size", float(size))
            self.set(name, "open", mine.get("open", float(price)))
            self.set(name, "high", max(mine.get("high", float(price)), float(price)))
            self.set(name, "low", min(mine.get("low", float(price)), float(price)))
            self.set(name, "volume", volume)
            self.set(name, "trades", mine.get("trades", 0) + 1)
            self.set(name, "vwap", float(f"{self.notional[name] / volume:.9g}") if volume else None)
            stamped[name] = int(ts)
        quoted: dict[str, int] = {}
        quotes = given.quotes
        for code, ts, *sides in zip(
            quotes.symbol, quotes.ts, quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size, strict=True
        ):
            name = given.table[int(code)]
            self.gone.pop(name, None)
            for field, value in zip(("bid", "bid_size", "ask", "ask_size"), sides, strict=True):
                self.set(name, field, None if math.isnan(value) else float(value))
            quoted[name] = int(ts)
        for name in {**stamped, **quoted}:
            self.set(name, "ts", max(stamped.get(name, 0), quoted.get(name, 0)))

    def since(self, version: int) -> dict[str, dict[str, Any] | None]:
        result: dict[str, dict[str, Any] | None] = {}
        for name, versions in self.versions.items():
            if name in self.gone:
                if version and self.gone[name] > version:
                    result[name] = None
                continue
            changed = {
                field: self.values[name].get(field)
                for field, at in versions.items()
                if at > version and (version or field in self.values[name])
            }
            if changed:
                result[name] = changed
        if version:
            for name, at in self.gone.items():
                if at > version:
                    result[name] = None
        return result


def close(mine: Any, theirs: Any) -> bool:
    """Equal except for the last bits of sums, which depend on the order of addition."""
    if isinstance(mine, float) and isinstance(theirs, float | int):
        return math.isclose(mine, theirs, rel_tol=1e-8)
    return bool(mine == theirs)


def assert_same(board: dict[str, Any], reference: dict[str, Any]) -> None:
    assert board.keys() == reference.keys()
    for name, fields in board.items():
        theirs = reference[name]
        assert (fields is None) == (theirs is None), name
        if fields is not None:
            # Sums may differ in the last bit, and so in whether they changed.
            sums = {"vwap", "volume"}
            assert fields.keys() - sums == theirs.keys() - sums, name
            assert all(close(fields[field], theirs[field]) for field in fields.keys() & theirs.keys()), (fields, theirs)


@given(st.lists(events(4, restarts=False), max_size=12))
def test_since_gives_what_the_reference_board_gives(descriptions: list[tuple[str, object]]) -> None:
    """After any events, ``since`` has exactly the fields that changed after a version, for every version."""
    table = SymbolTable(NAMES[:4])
    board, reference = Board(table), ReferenceBoard()
    for description in descriptions:
        given_event = board_event(table, description)
        board.apply(given_event)
        reference.apply(given_event)
    rows = board.index(range(len(board)))
    for version in range(board.version + 1):
        assert_same(symbol_dicts(board.since(version, rows)), reference.since(version))
        changed = set(board.changed(version).tolist())
        assert {board.find(name) for name in reference.since(version)} <= changed


@given(st.lists(events(8, restarts=False), min_size=1, max_size=8), st.integers(0, 8))
@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_frame_decodes_to_the_same_message_as_a_plain_encoding(
    encoding: str, descriptions: list[tuple[str, object]], version: int
) -> None:
    """A frame of fragments is the same message as the dict encoded as a whole."""
    table = SymbolTable(NAMES)
    board = Board(table)
    for description in descriptions:
        board.apply(board_event(table, description))
    delta = board.since(version, board.index(range(len(board))))
    codec = codec_for(encoding)
    frame = codec.update(version, board.version, 123, codec.changes(delta))
    plain = {"type": "update", "since": version, "version": board.version, "ts": 123, "data": symbol_dicts(delta)}
    if encoding == "json":
        assert json.loads(frame) == json.loads(json.dumps(plain))
    else:
        assert msgpack.unpackb(frame) == msgpack.unpackb(msgpack.packb(plain))
    message = codec.decode_server(frame)
    assert message.data == plain["data"]  # type: ignore[union-attr]  # the frame is an update


def test_a_field_is_listed_once() -> None:
    """FIELDS are the board's columns, `ts` last: the codec relies on that."""
    assert len(set(FIELDS)) == len(FIELDS)
    assert FIELDS[-1] == "ts"

"""Recordings of trades with late trades and corrections replay in the order in which they arrived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from ticker.cli.record.parquet import finish
from ticker.cli.record.rows import DETAILED_HEADER, Reorder
from ticker.client.protocol.ticks import Trade
from ticker.conditions import ConditionTable
from ticker.model import Corrections, SymbolTable, TickBatch, Trades

START = 1_704_292_200 * 10**9
CONDITIONS: tuple[tuple[str, ...], ...] = ((), ("@",), ("@", "I"), ("F", "T"), ("?x",))
#: What a replay plays: symbol, timestamp (of corrections 0), price, size, conditions, id, and if it is a correction.
Played = tuple[str, int, float | None, float | None, tuple[str, ...], int, bool]


@st.composite
def tapes(draw: st.DrawFn) -> list[Trade]:
    """Trades in order of arrival. New ones are in order of time, late ones older than the newest of their symbol."""
    tape: list[Trade] = []
    newest = {"A": START, "B,C": START}
    for number in range(1, draw(st.integers(1, 25)) + 1):
        kind = draw(st.sampled_from(["new", "new", "late", "cancel", "correct"]))
        price, size = draw(st.integers(1, 9_999)) / 100, float(draw(st.integers(1, 500)))
        known = [trade for trade in tape if trade.change in (None, "late")]
        if kind in ("cancel", "correct") and known:
            trade = draw(st.sampled_from(known))
            if kind == "cancel":
                price, size = trade.price, trade.size
            tape.append(Trade(trade.symbol, trade.ts, price, size, 0, trade.conditions, trade.id, kind))  # type: ignore[arg-type]
            continue
        symbol, conditions = draw(st.sampled_from(sorted(newest))), draw(st.sampled_from(CONDITIONS))
        if kind == "late" and any(trade.symbol == symbol for trade in known):
            ts = newest[symbol] - draw(st.integers(1, 10**10))
            tape.append(Trade(symbol, ts, price, size, 0, conditions, number, "late"))
        else:
            newest[symbol] = ts = max(newest.values()) + draw(st.integers(0, 10**9))
            tape.append(Trade(symbol, ts, price, size, 0, conditions, number))
    return tape


def recorded(tape: list[Trade]) -> bytes:
    """The file that `ticker record` writes."""
    reorder = Reorder(detailed=True)
    for number, trade in enumerate(tape):
        reorder.add(trade, float(number))
    return DETAILED_HEADER + b"".join(reorder.ready(float("inf")))


def played(path: Path) -> list[Played]:
    timeline = load([str(path)], ReadOptions())
    found: list[Played] = []
    try:
        (report,) = timeline.reports
        assert not report.refused
        for event in timeline.events():
            if isinstance(event, TickBatch):
                stamps = event.trades.ts.tolist()
                found += _rows(event.trades, event.table, event.conditions, stamps, correction=False)
            elif isinstance(event, Corrections):
                found += _rows(event, event.table, event.conditions, [0] * len(event), correction=True)
    finally:
        timeline.close()
    return found


def _rows(
    part: Trades | Corrections,
    table: SymbolTable,
    conditions: ConditionTable | None,
    stamps: list[int],
    *,
    correction: bool,
) -> Iterator[Played]:
    for row, ts in enumerate(stamps):
        price, size = (None if value != value else value for value in (float(part.price[row]), float(part.size[row])))
        code = 0 if part.condition is None else int(part.condition[row])
        id_ = 0 if part.id is None else int(part.id[row])
        texts = () if conditions is None else conditions[code]
        yield table[int(part.symbol[row])], ts, price, size, texts, id_, correction


def expected(trade: Trade) -> Played:
    if trade.change in ("cancel", "correct"):
        right = trade.change == "correct"
        values = (trade.price, trade.size) if right else (None, None)
        return (trade.symbol, 0, *values, trade.conditions, trade.id, True)
    return (trade.symbol, trade.ts, trade.price, trade.size, trade.conditions, trade.id, False)


@given(tapes())
def test_a_recording_replays_what_arrived_in_order(tape: list[Trade]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tape.csv"
        path.write_bytes(recorded(tape))
        assert played(path) == list(map(expected, tape))


def test_a_parquet_recording_replays_the_same(tmp_path: Path) -> None:
    """With ids above 2^53, and trades without one."""
    pytest.importorskip("pyarrow")
    big = 2**53 + 1
    tape = [
        Trade("A", START + 1, 1.5, 2.0, 0, ("@", "I"), big),
        Trade("A", START + 9, 1.75, 2.0),
        Trade("A", START + 5, 1.25, 1.0, 0, (), 7, "late"),
        Trade("A", START + 1, 1.5, 2.0, 0, ("@", "I"), big, "cancel"),
        Trade("A", START + 5, 1.0, 3.0, 0, (), 7, "correct"),
        Trade("A", START + 10, 1.75, 2.0, 0, (), 8),
    ]
    journal, target = tmp_path / "tape.parquet.part.csv", tmp_path / "tape.parquet"
    journal.write_bytes(recorded(tape))
    finish(journal, target)
    assert played(target) == list(map(expected, tape))

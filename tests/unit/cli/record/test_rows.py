"""The lines of a recording, and their order."""

from __future__ import annotations

import pytest

from tests.support.fake_source import read
from ticker.cli.record.rows import DETAILED_HEADER, HEADER, Reorder, line
from ticker.client.protocol.ticks import Quote, Trade


@pytest.mark.parametrize(
    ("tick", "text"),
    [
        (Trade("AAPL", 1, 187.15, 100.0), "1,AAPL,187.15,100,,,,"),
        (Trade("a,b", 1, 0.1, 0.5), '1,"a,b",0.1,0.5,,,,'),
        (Trade('a"b', 1, 1e16, 1.0), '1,"a""b",1e+16,1,,,,'),
        (Trade("=1+1", 1, -0.5, 1.0), "1,=1+1,-0.5,1,,,,"),
        (Quote("AAPL", 2, None, None, 3.0, 0.0), "2,AAPL,,,,,3,0"),
        (Quote("AAPL", 2, None, None, None, None), "2,AAPL,,,0,,0,"),
    ],
)
def test_a_tick_is_a_line(tick: Trade | Quote, text: str) -> None:
    """Whole numbers without a point, others in the fewest digits, missing values empty."""
    assert line(tick) == f"{text}\n".encode()


@pytest.mark.parametrize(
    ("tick", "text"),
    [
        (Trade("AAPL", 1, 187.15, 100.0), "1,AAPL,187.15,100,,,,,,,"),
        (Trade("AAPL", 1, 2.5, 100.0, 0, ("T", "I"), 7, "late"), "1,AAPL,2.5,100,,,,,T I,7,late"),
        (Trade("AAPL", 1, 2.5, 100.0, 0, ("@", "?,"), 2**62, "cancel"), f'1,AAPL,2.5,100,,,,,"@ ?,",{2**62},cancel'),
        (Trade("AAPL", 1, 2.5, 100.0, 0, ("Form T", "=1"), 0, "correct"), "1,AAPL,2.5,100,,,,,Form_T =1,,correct"),
        (Quote("AAPL", 2, 1.5, 2.0, 3.0, 0.0), "2,AAPL,,,1.5,2,3,0,,,"),
        (Quote("AAPL", 2, None, None, None, None), "2,AAPL,,,0,,0,,,,"),
    ],
)
def test_a_line_with_details_has_conditions_id_and_change(tick: Trade | Quote, text: str) -> None:
    """Empty where a trade has none, and for quotes."""
    assert line(tick, detailed=True) == f"{text}\n".encode()
    assert DETAILED_HEADER.count(b",") == 10


def test_changes_stand_where_they_arrived() -> None:
    """Their timestamps are in the past; a replay plays them when they were published."""
    reorder = Reorder(detailed=True)
    reorder.add(Trade("A", 10, 1.0, 1.0, id=1), 0.0)
    reorder.add(Quote("A", 15, 1.0, 1.0, 2.0, 1.0), 0.0)
    reorder.add(Trade("B", 20, 2.0, 1.0, id=2), 0.0)
    reorder.add(Trade("A", 12, 3.0, 1.0, id=3, change="late"), 0.0)
    reorder.add(Trade("A", 10, 1.0, 1.0, id=1, change="cancel"), 0.0)
    reorder.add(Quote("A", 20, 1.0, 1.0, 2.0, 2.0), 0.0)
    reorder.add(Trade("B", 21, 4.0, 1.0, id=4), 0.0)
    reorder.add(Trade("B", 20, 2.5, 1.0, id=2, change="correct"), 0.0)
    found = [text.decode().split(",") for text in reorder.ready(float("inf"))]
    assert [(cells[0], cells[9], cells[10].strip()) for cells in found] == [
        ("10", "1", ""), ("15", "", ""), ("20", "2", ""), ("12", "3", "late"), ("10", "1", "cancel"),
        ("20", "", ""), ("21", "4", ""), ("20", "2", "correct"),
    ]  # fmt: skip
    assert reorder.late == 0


def test_a_quote_without_any_side_replays_as_one() -> None:
    """An empty book is information, not an empty row."""
    text = HEADER.decode() + line(Quote("A", 1_704_290_400_000_000_000, None, None, None, None)).decode()
    found = read(text)
    assert found.complaints == []
    ((name, ts, *sides),) = found.quotes
    assert (name, ts) == ("A", 1_704_290_400_000_000_000)
    bid, bid_size, ask, ask_size = (None if side != side else side for side in sides)
    assert line(Quote(name, ts, bid, bid_size, ask, ask_size)).decode() in text


def test_lines_are_sorted_by_time_with_trades_before_quotes() -> None:
    """For any interleaving of the channels. Late ticks stay out of order and are counted."""
    reorder = Reorder()
    reorder.add(Quote("A", 5, 1.0, 1.0, 2.0, 1.0), 0.0)
    reorder.add(Trade("A", 5, 1.0, 1.0), 0.1)
    reorder.add(Trade("A", 4, 2.0, 1.0), 0.2)
    reorder.add(Trade("A", 9, 3.0, 1.0), 0.3)
    assert reorder.ready(-1.0) == []
    assert [text.split(b",")[0] + text.split(b",")[2] for text in reorder.ready(0.0)] == [b"42", b"51", b"5"]
    assert len(reorder) == 1
    reorder.add(Trade("A", 3, 1.0, 1.0), 0.4)
    assert [text.split(b",")[0] for text in reorder.ready(float("inf"))] == [b"3", b"9"]
    assert reorder.late == 1

"""The lines of a recording, and their order."""

from __future__ import annotations

import pytest

from tests.support.fake_source import read
from ticker.cli.record.rows import HEADER, Reorder, line
from ticker.client.protocol.ticks import Quote, Trade


@pytest.mark.parametrize(
    ("tick", "text"),
    [
        (Trade("AAPL", 1, 187.15, 100.0), "1,AAPL,187.15,100,,,,"),
        (Trade("a,b", 1, 0.1, 0.5), '1,"a,b",0.1,0.5,,,,'),
        (Trade('a"b', 1, 1e16, 1.0), '1,"a""b",1e+16,1,,,,'),
        (Quote("AAPL", 2, None, None, 3.0, 0.0), "2,AAPL,,,,,3,0"),
        (Quote("AAPL", 2, None, None, None, None), "2,AAPL,,,0,,0,"),
    ],
)
def test_a_tick_is_a_line(tick: Trade | Quote, text: str) -> None:
    """Whole numbers without a point, others in the fewest digits, missing values empty."""
    assert line(tick) == f"{text}\n".encode()


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

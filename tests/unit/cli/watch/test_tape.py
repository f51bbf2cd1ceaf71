"""The tape: one line per tick."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Literal

from ticker.cli.watch.tape import Tape
from ticker.client.protocol.ticks import Quote, Trade

TS = 1_767_623_400_123_456_789


def test_a_trade_has_time_symbol_price_and_size() -> None:
    """The time has microseconds."""
    text = Tape("trades", UTC).line(Trade("AAPL", TS, 189.5, 1200)).plain
    assert text.split() == ["14:30:00.123456", "AAPL", "189.50", "×", "1.2k"]


def test_the_arrow_compares_with_the_symbols_previous_trade() -> None:
    """A trade at the same price has none."""
    tape = Tape("trades", UTC)
    prices = [("A", 10.0), ("B", 1.0), ("A", 10.5), ("A", 10.5), ("B", 0.5)]
    texts = [tape.line(Trade(symbol, TS, price, 1)).plain for symbol, price in prices]
    assert ["▲" if "▲" in text else "▼" if "▼" in text else "" for text in texts] == ["", "", "▲", "", "▼"]


def test_conditions_and_changes_are_shown_plainly() -> None:
    """With the id that a correction names."""
    tape = Tape("trades", UTC)

    def words(**more: Any) -> str:
        return tape.line(Trade("A", TS, 10.0, 100.0, **more)).plain.partition("× 100")[2].strip()

    assert words() == ""
    assert words(conditions=("T", "I")) == "T I"
    assert words(change="late") == "late"
    assert words(change="cancel", id=7) == "cancelled #7"
    assert words(conditions=("T",), change="correct", id=7) == "T  corrected to this #7"
    assert words(conditions=("\x1b[2J",)) == "�[2J"


def test_changes_are_no_moves_of_the_price() -> None:
    """They have no arrow, and the next trade is compared with the newest."""
    tape = Tape("trades", UTC)
    tape.line(Trade("A", TS, 10.0, 1.0))
    changes: tuple[Literal["late", "cancel", "correct"], ...] = ("late", "cancel", "correct")
    for change in changes:
        text = tape.line(Trade("A", TS, 5.0, 1.0, change=change)).plain
        assert not {"▲", "▼"} & set(text)
    assert "▲" in tape.line(Trade("A", TS, 10.5, 1.0)).plain


def test_a_quote_has_both_sides_and_a_dash_for_a_missing_one() -> None:
    """Sizes are outside, as in an order book."""
    text = Tape("quotes", UTC).line(Quote("AAPL", TS, 10.0, 200.0, None, None)).plain
    assert text.split() == ["14:30:00.123456", "AAPL", "200", "×", "10.00", "│", "—", "×"]


def test_losses_are_shown_where_they_occurred() -> None:
    assert "(3 lost before)" in Tape("trades", UTC).line(Trade("A", TS, 1.0, 1, lost=3)).plain


def test_names_cannot_control_the_terminal() -> None:
    assert "\x1b" not in Tape("trades", UTC).line(Trade("\x1b[2J", TS, 1.0, 1)).plain

"""The tape: a line a tick."""

from __future__ import annotations

from datetime import UTC

from ticker.cli.watch.tape import Tape
from ticker.client.protocol.ticks import Quote, Trade

TS = 1_767_623_400_123_456_789


def test_a_trade_is_its_time_symbol_price_and_size() -> None:
    """To the microsecond."""
    text = Tape("trades", UTC).line(Trade("AAPL", TS, 189.5, 1200)).plain
    assert text.split() == ["14:30:00.123456", "AAPL", "189.50", "×", "1.2k"]


def test_the_arrow_compares_with_the_same_symbols_trade_before() -> None:
    """A trade at the same price has none."""
    tape = Tape("trades", UTC)
    prices = [("A", 10.0), ("B", 1.0), ("A", 10.5), ("A", 10.5), ("B", 0.5)]
    texts = [tape.line(Trade(symbol, TS, price, 1)).plain for symbol, price in prices]
    assert ["▲" if "▲" in text else "▼" if "▼" in text else "" for text in texts] == ["", "", "▲", "", "▼"]


def test_a_quote_has_both_sides_and_a_dash_for_one_that_is_missing() -> None:
    """Sizes on the outside, as in a book."""
    text = Tape("quotes", UTC).line(Quote("AAPL", TS, 10.0, 200.0, None, None)).plain
    assert text.split() == ["14:30:00.123456", "AAPL", "200", "×", "10.00", "│", "—", "×"]


def test_what_was_lost_is_told_where_it_was_lost() -> None:
    """Never silently."""
    assert "(3 lost before)" in Tape("trades", UTC).line(Trade("A", TS, 1.0, 1, lost=3)).plain


def test_names_can_not_steer_the_terminal() -> None:
    """They come from a server that may be anybody's."""
    assert "\x1b" not in Tape("trades", UTC).line(Trade("\x1b[2J", TS, 1.0, 1)).plain

"""What the user sees of a symbol."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ticker.client.protocol.symbol_view import Board, Field, FieldsView, SymbolView, Update
from ticker.fields import FIELDS


def test_every_field_is_an_attribute_with_documentation() -> None:
    """The attributes are exactly the fields."""
    fields = {name: value for name, value in vars(FieldsView).items() if isinstance(value, Field)}
    assert set(fields) == set(FIELDS)
    assert all(field.__doc__ for field in fields.values())
    assert FieldsView.last.__doc__ == "The price of the last trade."


def test_a_field_without_a_value_is_none() -> None:
    """``as_dict`` has only fields with a value."""
    view = SymbolView("AAPL")
    assert all(getattr(view, field) is None for field in FIELDS)
    assert view.time is None
    view.values = {"last": 189.23, "ts": 1_700_000_000_123_456_789}
    assert (view.last, view.bid) == (189.23, None)
    assert view.time == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)
    copy = view.as_dict()
    copy["last"] = 0
    assert view.last == 189.23


def test_the_repr_of_views_and_updates_has_their_values() -> None:
    """For notebooks and logs."""
    update = Update("AAPL", {"last": 2.5, "bid": 2}, {"last": 2.5}, False)
    assert repr(update) == "Update('AAPL', last=2.5)"
    assert repr(Update("AAPL", {}, {}, True)) == "Update('AAPL', removed)"
    view = SymbolView("AAPL")
    view.values = {"bid": 2}
    assert repr(view) == "SymbolView('AAPL', bid=2)"


def test_an_update_accepts_no_other_attribute() -> None:
    """A misspelt name is an error."""
    with pytest.raises(AttributeError):
        Update("AAPL", {}, {}, False).lats = 1.0  # type: ignore[attr-defined] # the mistake that is meant


def test_symbols_may_be_added_while_the_board_is_iterated_over() -> None:
    """Iterating returns the symbols that were present at its start."""
    views = {"A": SymbolView("A"), "B": SymbolView("B")}
    board = Board(views)
    seen = []
    for symbol in board:
        views[symbol + "2"] = SymbolView(symbol)
        seen.append(symbol)
    assert seen == ["A", "B"]
    assert len(board) == 4
    assert "A2" in board
    assert board.get("C") is None
    assert repr(board) == "<Board of 4 symbols>"

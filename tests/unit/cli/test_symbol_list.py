"""Lists of symbols on the command line."""

from __future__ import annotations

import pytest

from ticker.cli.symbol_list import split_symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("AAPL", ["AAPL"]),
        ("AAPL,MSFT", ["AAPL", "MSFT"]),
        ("AAPL,,MSFT,", ["AAPL", "MSFT"]),
        (",", []),
        ("A%2CB,MSFT", ["A,B", "MSFT"]),
        ("a%2cb", ["a,b"]),
        ("A%252CB", ["A%2CB"]),
        ("5%,A%20B", ["5%", "A%20B"]),
    ],
)
def test_symbols_are_separated_by_commas(text: str, symbols: list[str]) -> None:
    """A comma of a symbol is percent-encoded; nothing else is."""
    assert split_symbols(text) == symbols

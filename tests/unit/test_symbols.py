"""Valid symbols, and the symbol table."""

from __future__ import annotations

import pytest

from ticker.errors import BatchError
from ticker.symbols import SymbolTable, is_symbol


@pytest.mark.parametrize("name", ["AAPL", "<img src=x onerror=alert(1)>", "€", "a b", "null", "x" * 64])
def test_any_printable_text_may_name_a_symbol(name: str) -> None:
    assert is_symbol(name)
    assert SymbolTable([name])[0] == name


@pytest.mark.parametrize("name", ["", "*", "x" * 65, "a\nb", "\x1b[31m", "\x00", "AAPL\u034f", "AAPL\ufe0f", "\u2800"])
def test_unprintable_and_invisible_text_the_wildcard_and_long_names_are_no_symbols(name: str) -> None:
    assert not is_symbol(name)
    with pytest.raises(BatchError, match="symbol"):
        SymbolTable([name])


def test_a_table_finds_its_symbols() -> None:
    """Codes are indices in the order of addition; finding adds nothing."""
    table = SymbolTable(["B", "A", "B"])
    assert (len(table), list(table), table.code("A"), table.find("C")) == (2, ["B", "A"], 1, None)
    assert "A" in table
    assert "C" not in table

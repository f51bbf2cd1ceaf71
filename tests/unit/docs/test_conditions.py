"""docs/conditions.md against the code: its tables are the rules that are applied."""

from __future__ import annotations

from pathlib import Path

from tests.support.generate_docs import generated

TEXT = (Path(__file__).parents[3] / "docs/conditions.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    """`make docs` writes them."""
    assert generated("conditions.md", TEXT) == TEXT


def test_the_document_names_its_sources() -> None:
    for source in ("CTS Pillar Multicast", "UTP", "TradeConditionFlags", "NYSE Daily TAQ"):
        assert source in TEXT


def test_the_table_has_the_rules_that_surprise() -> None:
    """Written by hand: an odd lot, form T, an average price, a late report, an official close."""
    for row in (
        "| `I` | Odd lot trade | volume only | volume only | volume only |",
        "| `T` | Form T: extended hours trade | volume only | volume only | volume only |",
        "| `B` | Average price trade (CTA), bunched trade (UTP) | volume only | last, high, low, volume |",
        "| `M` | Market center official close | nothing | nothing | nothing |",
        "| `37` | Odd lot trade | `I` | volume only |",
        "| `08` | trade that was later cancelled | no |",
    ):
        assert row in TEXT

"""docs/replay.md agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from feeds.files.layouts.catalog import ALL_LAYOUTS, BY_COLUMNS, VENDORS, layout_names
from feeds.replay.options import ReplayOptions
from tests.support.generate_docs import generated
from ticker.feed.feed import flag

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = (ROOT / "docs/replay.md").read_text(encoding="utf-8")


def test_the_generated_tables_are_up_to_date() -> None:
    """`make docs` writes them: formats, layouts, and in README.md whose files are recognised."""
    assert generated("replay.md", TEXT) == TEXT
    assert generated("../README.md", README) == README


def test_the_document_lists_every_layout_with_its_zone_and_evidence() -> None:
    """Sorted. A layout that implies a zone or a divisor says what in a file proves it, and where its vendor says so."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\| `.*\|$", TEXT.partition("## Layouts")[2].partition("###")[0], re.MULTILINE)
    ]
    assert [row[0].strip("`") for row in rows] == list(layout_names())
    for name, _, _, zone, divisor, evidence, stated in rows:
        those = [layout for layout in ALL_LAYOUTS if f"`{layout.name}`" == name]
        assert zone == next((layout.zone for layout in those if layout.zone), "UTC, assumed")
        assert divisor == next((f"{layout.scale:,.0f}" for layout in those if layout.scale != 1), "")
        if divisor or zone != "UTC, assumed":
            assert evidence, name
            assert stated == "assumed" or any(layout.source in stated for layout in those if layout.source), name


def test_every_vendor_of_a_layout_is_named() -> None:
    """By the first word of the layout's name; the other layouts are of columns with usual names."""
    words = {layout.name.partition("-")[0] for layout in ALL_LAYOUTS}
    usual = {layout.name.partition("-")[0] for layout in BY_COLUMNS.values()} - {"yfinance"}
    assert words - usual - {"prices", "recording"} == set(VENDORS)
    assert all(vendor in " ".join(README.split()) for vendor in VENDORS.values())


def test_the_document_names_every_option() -> None:
    names = {flag(field.name) for field in msgspec.structs.fields(ReplayOptions)}
    assert names <= set(re.findall(r"--[a-z-]+", TEXT))

"""docs/replay.md agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from feeds.files.layouts.catalog import BY_COLUMNS
from feeds.files.layouts.headerless import HEADERLESS
from feeds.files.layouts.layout import Layout
from feeds.files.layouts.with_header import WITH_HEADER
from feeds.replay.options import ReplayOptions
from ticker.feed.feed import flag

TEXT = (Path(__file__).parents[3] / "docs/replay.md").read_text(encoding="utf-8")


def table() -> list[str]:
    """The table of layouts that the document must contain."""
    layouts: dict[str, list[Layout]] = {}
    for layout in (*WITH_HEADER, *HEADERLESS, *BY_COLUMNS.values()):
        layouts.setdefault(layout.name, []).append(layout)
    lines = ["| layout | source | header | timestamps without an offset |", "|---|---|---|---|"]
    for name, those in sorted(layouts.items()):
        titles = min((layout.title for layout in those), key=len)
        header = "no" if all(layout in HEADERLESS for layout in those) else "yes"
        zone = next((layout.zone for layout in those if layout.zone), None) or "UTC, assumed"
        lines.append(f"| `{name}` | {titles} | {header} | {zone} |")
    return lines


def test_the_document_lists_every_layout() -> None:
    """Sorted, with its time zone."""
    assert re.findall(r"^\|.*\|$", TEXT.partition("## Layouts")[2], re.MULTILINE) == table()


def test_the_document_names_every_option() -> None:
    names = {flag(field.name) for field in msgspec.structs.fields(ReplayOptions)}
    assert names <= set(re.findall(r"--[a-z-]+", TEXT))

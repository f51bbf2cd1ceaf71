"""Writes the generated tables of the documents: `make docs`, or `python -m tests.support.generate_docs`.

A table lies between ``<!-- generated: NAME -->`` and ``<!-- end -->``. A test compares each with what it should be.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from feeds.files.corrections import CORRECTIONS
from feeds.files.layouts.catalog import ALL_LAYOUTS, VENDORS
from feeds.files.layouts.layout import Layout
from feeds.files.recognition.lean_names import ASSUMED_ZONES, STATED_ZONES
from feeds.files.sources.opening import FORMATS
from ticker.calendar import CALENDARS
from ticker.sale_conditions import (
    LEAN,
    MASSIVE,
    SALE_CONDITIONS,
    Numbered,
    described,
    updates_of,
    updates_of_numbered,
)
from ticker.wire.codes import CLOSE_CODES, ERROR_CODES, REJECTIONS
from ticker.wire.limits import LIMITS, Limits
from ticker.wire.messages import CHANNELS, FeedState

DOCS = Path(__file__).parents[2] / "docs"

_PART = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def table(head: str, rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown, with the titles of its columns separated by ``|``."""
    titles = [title.strip() for title in head.split("|")]
    lines = [titles, *([str(cell) for cell in row] for row in rows)]
    written = [f"| {' | '.join(cells)} |\n" for cells in lines]
    return "".join([written[0], "|" + "---|" * len(titles) + "\n", *written[1:]])


def limits() -> str:
    rows = []
    for name, value in msgspec.structs.asdict(Limits()).items():
        limit = LIMITS[name]
        default = ", ".join(f"{each:g}" for each in value) if isinstance(value, tuple) else value
        option = f"`{limit.option}`, {limit.range}" if limit.option else ""
        rows.append((f"`{name}`", default, limit.meaning, limit.exceeded, option))
    return table("limit | default | meaning | when exceeded | option", rows)


def errors() -> str:
    return table(
        "code|meaning|close", ((f"`{row.code}`", row.meaning, row.close or "") for row in ERROR_CODES.values())
    )


def closes() -> str:
    rows = ((row.code, row.meaning, "yes" if row.reconnect else "no") for row in CLOSE_CODES.values())
    return table("close code|meaning|reconnect?", rows)


def definitions(head: str, meanings: dict[str, str]) -> str:
    return table(head, ((f"`{name}`", meaning) for name, meaning in meanings.items()))


def sale_conditions() -> str:
    rows = []
    for each in SALE_CONDITIONS:
        rules = ["–" if rule is None else described(rule) for rule in (each.cta, each.utp)]
        unknown = updates_of(each.code)
        assert unknown is not None
        rows.append((f"`{each.code}`", each.title, *rules, described(unknown)))
    return table("code|sale condition|CTA updates|UTP updates|tape unknown", rows)


def numbered_conditions(head: str, conditions: Iterable[tuple[str, Numbered]]) -> str:
    rows = (
        (f"`{number}`", each.title, f"`{each.code}`" if each.code else "", described(updates_of_numbered(each)))
        for number, each in conditions
    )
    return table(f"{head}|condition|code|updates", rows)


def corrections() -> str:
    rows = ((f"`{code:02}`", each.meaning, "yes" if each.counts else "no") for code, each in CORRECTIONS.items())
    return table("correction|meaning|played", rows)


def layouts() -> str:
    """The values of ``--layout``, with what in a file proves the zone and the scale that a layout implies."""
    by_name: dict[str, list[Layout]] = {}
    for layout in ALL_LAYOUTS:
        by_name.setdefault(layout.name, []).append(layout)
    rows = []
    for name, those in sorted(by_name.items()):
        title = min((layout.title for layout in those), key=len)
        zones = dict.fromkeys(layout.zone or "UTC, assumed" for layout in those)
        if len(zones) > 1:
            zones.pop("UTC, assumed", None)
        scales = dict.fromkeys(f"{layout.scale:,.0f}" for layout in those if layout.scale != 1)
        evidence = dict.fromkeys(layout.evidence for layout in those if layout.evidence)
        header = "no" if all(layout.fields for layout in those) else "yes"
        sources = dict.fromkeys(layout.source or "assumed" for layout in those if layout.evidence)
        cells = (", ".join(zones), ", ".join(scales), "; or ".join(evidence), "; ".join(sources))
        rows.append((f"`{name}`", title, header, *cells))
    head = "layout | source | header | timestamps without an offset | prices divided by | evidence | stated by"
    return table(head, rows)


def lean_zones() -> str:
    """The zones of QuantConnect Lean's files by security and market."""
    by_zone: dict[tuple[str, str], dict[str, None]] = {("UTC", "yes"): {"`crypto`, `cryptofuture`": None}}
    for place, zone in STATED_ZONES.items():
        by_zone.setdefault((zone, "yes"), {})[f"`{'/'.join(place)}`"] = None
    for market, zone in ASSUMED_ZONES.items():
        by_zone.setdefault((zone, "assumed"), {})[f"`{market}`"] = None
    rows = [(", ".join(places), zone, stated) for (zone, stated), places in by_zone.items()]
    return table("security/market/ticker, or market | zone | stated", [*rows, ("all other", "UTC", "assumed")])


def vendors() -> str:
    """Whose files are recognised, as a paragraph."""
    found = sorted(VENDORS.values(), key=str.lower)
    names = f"{', '.join(found[:-1])} and {found[-1]}"
    text = f"Recognised without options: files of {names}, and others by the names of their columns."
    return "\n".join(textwrap.wrap(text, 118, break_on_hyphens=False)) + "\n"


def formats() -> str:
    rows = ((", ".join(f"`{ending}`" for ending in endings), meaning) for endings, meaning in FORMATS.items())
    return table("ending|format", rows)


def calendars() -> str:
    """The names that ``--exchange`` accepts, by when their days begin."""
    by_day: dict[tuple[str, int], list[str]] = {}
    for calendar in CALENDARS.values():
        by_day.setdefault((calendar.zone, calendar.day_start_ns), []).append(f"`{calendar.name}`")
    rows = [
        (", ".join(names), "midnight" if not start else "17:00 of the evening before", zone)
        for (zone, start), names in by_day.items()
    ]
    return table("calendar|days begin at|in", rows)


#: The documents with generated tables, and what writes each table.
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "protocol.md": {
        "limits": limits,
        "errors": errors,
        "closes": closes,
        "rejections": lambda: definitions("reason|meaning", REJECTIONS),
        "channels": lambda: definitions("channel|carries", CHANNELS),
        "feed_states": lambda: definitions("`feed.state`|meaning", FeedState.MEANINGS),
    },
    "replay.md": {"formats": formats, "calendars": calendars, "layouts": layouts, "lean_zones": lean_zones},
    "../README.md": {"vendors": vendors},
    "conditions.md": {
        "sale_conditions": sale_conditions,
        "massive_conditions": lambda: numbered_conditions(
            "id", ((f"{number:02}", each) for number, each in MASSIVE.items())
        ),
        "lean_conditions": lambda: numbered_conditions(
            "flag", ((f"{1 << bit:08X}", each) for bit, each in enumerate(LEAN))
        ),
        "corrections": corrections,
    },
}


def generated(name: str, text: str) -> str:
    """The document called ``name`` with its tables as they should be."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[name][part[2]]()}\n{part[4]}", text)


def main() -> None:
    for name in PARTS:
        path = DOCS / name
        path.write_text(generated(name, path.read_text()))


if __name__ == "__main__":
    main()

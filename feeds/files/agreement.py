"""Whether files that are read together agree on their layout. Refuses those that contradict each other.

Files of several vendors may be read together: their layouts say what they are. They contradict each other if

- files with the same header write dates, zones, decimal marks or the stamps of bars in different ways;
- files of several vendors, or bars and trades that only the names of columns tell, have one symbol at the same time;
- files of one folder or archive that only the names of columns tell are bars in one and trades in another, or have no
  header and other columns than those with one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from feeds.files.interval_names import interval_text
from feeds.files.layouts.catalog import BY_COLUMNS
from feeds.files.parsing.column_names import plain
from feeds.files.report import FileReport, Way
from ticker.errors import FeedError

#: What files of one kind contain. Bars are played as trades.
_CONTENT: Final = {
    "bars": frozenset({"prices"}),
    "trades": frozenset({"prices"}),
    "quotes": frozenset({"quotes"}),
    "ticks": frozenset({"prices", "quotes"}),
}
#: The options that state how all files write something.
_OPTIONS: Final = {
    "dates": "--day-first or --month-first",
    "zone": "--time-zone",
    "decimals": "--decimal , or --decimal .",
    "stamps of bars": "--bar-stamp start or --bar-stamp end",
}
_THINGS: Final = {"dates": "dates", "zone": "times", "decimals": "numbers", "stamps of bars": "bars"}


def check_agreement(reports: Sequence[FileReport]) -> None:
    """Raise ``FeedError`` for the first two files that contradict each other.

    Add a note to each file that is of another vendor than most, or has ticks where most have bars, and to each that has
    prices which another file has in another form.
    """
    _check_ways(reports)
    _check_places(reports)
    families = [_family(report) for report in reports]
    if len(set(families)) > 1:
        _check_prices(reports, families)
        _check_guesses(reports, families)
        _note_unusual(reports, families)
    _note_repeated(reports)


def _note_unusual(reports: Sequence[FileReport], families: Sequence[str]) -> None:
    counts = Counter(families)
    usual = max(counts, key=lambda family: (counts[family], -families.index(family)))
    title = next(report.title for report, family in zip(reports, families, strict=True) if family == usual)
    for report, family in zip(reports, families, strict=True):
        if family != usual:
            report.note(f"read as {report.title}; most of the files are {title}", "--layout")


def _family(report: FileReport) -> str:
    """The vendor, whose files go together; of a layout by the names of columns, what the rows are."""
    if not _is_guess(report):
        return report.layout.partition("-")[0]
    if report.kind == "bars":
        return "usual columns, bars"
    return "one column per symbol" if report.layout == "wide" else "usual columns, ticks"


def _is_guess(report: FileReport) -> bool:
    return report.layout in BY_COLUMNS


def _check_ways(reports: Sequence[FileReport]) -> None:
    known: dict[tuple[Hashable, ...], tuple[FileReport, Way]] = {}
    for report in reports:
        header = tuple(map(plain, report.header)) or (report.layout, tuple(report.columns.values()))
        for thing, way in report.ways.items():
            # Bars of other lengths may be stamped in another way.
            length = report.interval_ns if thing == "stamps of bars" else None
            other, before = known.setdefault((header, thing, length), (report, way))
            if way.says != before.says:
                kind = thing.partition(" of ")[0] if thing.startswith("decimals") else thing
                where = f"{other.name}:{before.line} under the same header"
                raise FeedError(
                    f"{report.name}:{way.line}: column {way.column!r}: {_THINGS[kind]} are {way.says} ({way.text!r}), "
                    f"but those of {where} are {before.says} ({before.text!r}); "
                    f"use {_OPTIONS[kind]} for all files, or play them one at a time"
                )


def _check_places(reports: Sequence[FileReport]) -> None:
    """Refuse a file without a header that is guessed to have other columns than those with a header beside it."""
    headed: dict[tuple[int, str], FileReport] = {}
    for report in reports:
        if report.header and _is_guess(report):
            headed.setdefault((report.given, report.kind), report)
    for report in reports:
        other = headed.get((report.given, report.kind))
        if report.header or other is None or not _is_guess(report):
            continue
        common = report.places.keys() & other.places.keys()
        wrong = sorted((report.places[role], role) for role in common if report.places[role] != other.places[role])
        if wrong:
            place, role = wrong[0]
            right, text = other.places[role] + 1, report.head[1]
            raise FeedError(
                f"{report.place}: column {place + 1}: the files disagree on the layout: {text!r} has no header, "
                f"and this column is taken for the {role}, which is column {right} in {other.place} "
                f"({other.head[1]!r}); use --columns {role}={right} or --layout NAME, or play them one at a time"
            )


def _check_prices(reports: Sequence[FileReport], families: Sequence[str]) -> None:
    """Refuse files of several families that have the same content of one symbol at the same time."""
    by_symbol: dict[str, list[int]] = {}
    for place, report in enumerate(reports):
        if report.first is not None:
            for symbol in report.symbols:
                by_symbol.setdefault(symbol, []).append(place)
    for symbol, places in by_symbol.items():
        if len({families[place] for place in places}) < 2:
            continue
        #: The file that ends last, by content and family.
        latest: dict[tuple[str, str], FileReport] = {}
        for place in sorted(places, key=lambda place: reports[place].first or 0):
            report, family = reports[place], families[place]
            for content in sorted(_CONTENT[report.kind]):
                for (what, whose), other in latest.items():
                    if what == content and whose != family and (report.first or 0) < _end(other):
                        raise FeedError(_both(other, report, f"both have {content} of {symbol} at the same time"))
                known = latest.get((content, family))
                if known is None or _end(known) < _end(report):
                    latest[content, family] = report


def _note_repeated(reports: Sequence[FileReport]) -> None:
    """Tell files whose bars or trades another file has too, as bars of another length: their volume is added."""
    by_symbol: dict[str, list[FileReport]] = {}
    for report in reports:
        if report.first is not None and "prices" in _CONTENT[report.kind]:
            for symbol in report.symbols:
                by_symbol.setdefault(symbol, []).append(report)
    #: Reports that have the note: of their first symbol, as files may have thousands.
    told: set[int] = set()
    for symbol, files in by_symbol.items():
        #: The file that ends last, of trades (None) and of bars of each length.
        latest: dict[int | None, FileReport] = {}
        for report in sorted(files, key=lambda report: report.first or 0):
            form = report.interval_ns if report.kind == "bars" else None
            for whose, other in latest.items():
                if whose != form and (report.first or 0) < _end(other) and id(report) not in told:
                    told.add(id(report))
                    report.note(
                        f"{_form(report)} and {_form(other)} ({other.name}) are of {symbol} at the same time: "
                        "the day's volume counts both; play them one at a time"
                    )
            known = latest.get(form)
            if known is None or _end(known) < _end(report):
                latest[form] = report


def _form(report: FileReport) -> str:
    if report.kind != "bars":
        return "trades"
    return f"bars of {interval_text(report.interval_ns)}" if report.interval_ns else "bars"


def _end(report: FileReport) -> int:
    """When the last row ends (ns)."""
    return (report.last or 0) + (report.interval_ns or 1)


def _check_guesses(reports: Sequence[FileReport], families: Sequence[str]) -> None:
    """Refuse files of one folder or archive that are guessed to be of different layouts."""
    first: dict[tuple[int, str], FileReport] = {}
    for report, family in zip(reports, families, strict=True):
        if not _is_guess(report) or report.kind == "quotes":
            continue
        first.setdefault((report.given, family), report)
        for (given, whose), other in first.items():
            if given == report.given and whose != family:
                raise FeedError(_both(other, report, "no vendor's layout tells that this is right"))


def _both(one: FileReport, other: FileReport, why: str) -> str:
    """The error for two files, at the first column of the second that the first doesn't have."""
    column = next(_new_columns(one, other), None)
    at = f" column {column!r}:" if column is not None else ""
    return (
        f"{other.place}:{at} the files disagree on the layout: {other.head[1]!r} is read as {other.title}, but "
        f"{one.head[1]!r} in {one.place} as {one.title}, and {why}; use --layout NAME for all files, or play them "
        "one at a time"
    )


def _new_columns(one: FileReport, other: FileReport) -> Iterator[str]:
    known = set(map(plain, one.header))
    yield from (name for name in other.header if plain(name) not in known)
    yield from other.header or ("1",)

"""The notes on a replay: what was assumed, put right or left out in all its files, a sentence each.

Equal notes of several files are one note, and so are notes that differ only in numbers and symbols.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from feeds.files.report import FileReport, Note

#: A folder of files that all differ would fill the memory of clients with notes.
MAX_NOTES: Final = 100
_REASONS: Final = 5
_NUMBER: Final = re.compile(r"\d[\d,.:]*")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
#: Suffixes of ns, largest first.
_UNITS: Final = ((86_400 * 10**9, "d"), (3_600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"), (10**6, "ms"))


@dataclass(slots=True)
class _Group:
    """Notes that are alike: the first one, where it is from, and how many files have one."""

    note: Note
    name: str
    files: int = 0
    equal: bool = True

    def sentence(self, of: int) -> str:
        text = self.note.text
        if of > 1:
            if self.files == 1:
                text = f"{self.name}: {text}"
            elif self.equal:
                text = f"{self.files:,} files: {text}"
            else:
                others = "1 more file" if self.files == 2 else f"{self.files - 1:,} more files"
                text = f"{self.name}: {text}, and likewise in {others}"
        return f"{text}; change with {self.note.option}" if self.note.option else text


def joined_notes(reports: Sequence[FileReport]) -> tuple[str, ...]:
    """Refused rows by reason first, then the files' notes, then the order of rows. At most ``MAX_NOTES``."""
    notes = [*_refused(reports), *_of_files(reports), *_order(reports)]
    if len(notes) > MAX_NOTES:
        left = len(notes) - MAX_NOTES + 1
        notes[MAX_NOTES - 1 :] = [f"and {left:,} more notes, which `ticker inspect` shows"]
    return tuple(notes)


def _of_files(reports: Sequence[FileReport]) -> Iterator[str]:
    groups: dict[tuple[str, str | None], _Group] = {}
    for report in reports:
        counted = set()
        for note in report.notes:
            key = (_shape(note.text, report.symbols), note.option)
            # Clients see the notes: the folders of the server are not for them.
            group = groups.setdefault(key, _Group(note, re.split(r"[/\\]", report.name)[-1]))
            group.equal = group.equal and group.note.text == note.text
            group.files += key not in counted
            counted.add(key)
    for group in groups.values():
        yield group.sentence(len(reports))


def _shape(text: str, symbols: Iterable[str]) -> str:
    """The text without what differs between notes of one kind: quoted words, numbers, and a file's only symbol."""
    text = _QUOTED.sub("…", text)
    for symbol in list(symbols)[:2]:
        text = re.sub(rf"(?<!\w){re.escape(symbol)}(?!\w)", "…", text)
    return _NUMBER.sub("#", text)


def _refused(reports: Sequence[FileReport]) -> Iterator[str]:
    refused: Counter[str] = sum((report.refused for report in reports), Counter())
    if refused:
        found = [f"{reason}: {count:,}" for reason, count in refused.most_common(_REASONS)]
        found += ["…"] if len(refused) > _REASONS else []
        total, rows = refused.total(), sum(report.rows for report in reports)
        yield f"{total:,} of {_rows(rows)} refused ({', '.join(found)})"


def _order(reports: Sequence[FileReport]) -> Iterator[str]:
    count = sum(report.misplaced_rows for report in reports)
    if count:
        by = max(report.misplaced_by_ns for report in reports)
        yield f"{_rows(count)} out of order by up to {_duration(by)}: sorted by time"
    backward = sum(report.order == "newest first" for report in reports)
    if backward:
        where = "" if len(reports) == 1 else "1 file: " if backward == 1 else f"{backward:,} files: "
        yield f"{where}the newest row is first: sorted by time"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _duration(length_ns: int) -> str:
    unit_ns, name = next((unit for unit in _UNITS if length_ns >= unit[0]), (1, "ns"))
    return f"{length_ns / unit_ns:.3g} {name}"

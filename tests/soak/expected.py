"""The server's state at a checkpoint, which every client's view must equal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.soak.bars import Bar
from tests.soak.tape import Recording, among

View = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """``data`` is the snapshot of all symbols, ``heads`` the number of the newest trade and quote, ``bars`` the fetched
    bars by symbol.
    """

    epoch: str
    version: int
    data: View
    heads: Mapping[str, int] = field(default_factory=dict)
    recording: Mapping[str, Recording] = field(default_factory=dict)
    bars: Mapping[str, list[Bar]] = field(default_factory=dict)

    def differs(self, view: View, watched: Collection[str]) -> str | None:
        """The differences between a view of the ``watched`` symbols and the snapshot, or None."""
        due = {name: fields for name, fields in self.data.items() if among(watched, name)}
        if view == due:
            return None
        found = []
        for name in sorted(view.keys() | due.keys()):
            mine, its = view.get(name, {}), due.get(name, {})
            found += [
                f"{name} {each} is {mine.get(each)}, and must be {its.get(each)}"
                for each in sorted(mine.keys() | its.keys())
                if mine.get(each) != its.get(each)
            ]
        return f"{len(found)} values differ: {'; '.join(found[:5])}" if found else None

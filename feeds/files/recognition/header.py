"""The header of a file, with its first rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.files.parsing.column_names import plain
from ticker.errors import FeedError


@dataclass(frozen=True, slots=True)
class Header:
    """The columns' names, verbatim and in the form of ``column_names.plain``, and the first rows."""

    names: tuple[str, ...]
    plain: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Header:
        return cls(tuple(names), tuple(map(plain, names)), rows)

    def values(self, place: int) -> list[str]:
        """The texts of a column in the first rows, without empty ones."""
        return [word for row in self.rows if (word := row[place].strip())]

    def twins(self, places: Iterable[int], given: Iterable[int] = ()) -> tuple[tuple[int, int], ...]:
        """Columns with the names of ``places``, except for those of ``given``, which the user has named.

        Raises ``FeedError`` if their values differ in the first rows.
        """
        named = {self.plain[place] for place in given}
        found = [
            (place, other)
            for place in dict.fromkeys(places)
            for other, name in enumerate(self.plain)
            if other != place and name and name == self.plain[place] and name not in named
        ]
        for place, other in found:
            if any(row[place].strip() != row[other].strip() for row in self.rows):
                raise FeedError(different_twins(self.names[place], place, other))
        return tuple(found)


def different_twins(name: str, place: int, other: int) -> str:
    """The message for two columns of one name whose values differ."""
    return (
        f"the header has the column {name!r} twice, as columns {place + 1} and {other + 1}, with different values; "
        f"name one by its number: --columns ROLE={place + 1}"
    )

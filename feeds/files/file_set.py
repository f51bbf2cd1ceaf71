"""The files that are read together, and the symbol of each where only the names tell it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from feeds.files.names import Guess, are_parts, guess_of
from feeds.files.parsing.day_order import DayOrder
from feeds.files.sources.source import Source


@dataclass(frozen=True, slots=True)
class NamedSymbol:
    """A symbol guessed from names; ``alike`` is how many other files have names of the same instrument."""

    symbol: str
    alike: int


class FileSet(Sequence[Source]):
    """The sources of one replay, in order."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)
        #: The orders of day and month that the rows of all files show, by layout: collected once.
        self.day_orders: dict[tuple[object, ...], DayOrder] = {}

    @overload
    def __getitem__(self, place: int) -> Source: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Source]: ...
    def __getitem__(self, place: int | slice) -> Source | Sequence[Source]:
        return self._sources[place]

    def __len__(self) -> int:
        return len(self._sources)

    def symbol(self, source: Source) -> NamedSymbol | None:
        """The symbol guessed from the names of ``source``; None if they contain none.

        Files whose names differ in more than dates, parts and intervals have different symbols.
        """
        return self._symbols.get(id(source))

    @cached_property
    def _symbols(self) -> dict[int, NamedSymbol]:
        groups: dict[str, list[tuple[Source, Guess]]] = defaultdict(list)
        for source in self._sources:
            guess = guess_of(source.names)
            if guess is not None:
                groups[guess.symbol.upper()].append((source, guess))
        symbols = {id(source): symbol for group in groups.values() for source, symbol in _apart(group)}
        shared = Counter(symbols.values())
        return {source: NamedSymbol(symbol, shared[symbol] - 1) for source, symbol in symbols.items()}


def _apart(group: Sequence[tuple[Source, Guess]]) -> Iterable[tuple[Source, str]]:
    """The symbols of files with the same first guess: with the words and numbers in which their names differ."""
    series: dict[tuple[str, ...], list[tuple[Source, Guess]]] = defaultdict(list)
    for source, guess in group:
        series[guess.words].append((source, guess))
    for members in series.values():
        in_parts = are_parts(guess.numbers for _, guess in members)
        for source, guess in members:
            yield source, (guess.longest if not in_parts else guess.symbol if len(series) == 1 else guess.full)

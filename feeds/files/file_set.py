"""The files that are read together, and the symbol of each where only the names tell it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, overload

from feeds.files.names import MARKETS, VARIANTS, Guess, are_parts, folder_words, guess_of, stem_of
from feeds.files.parsing.day_order import DayOrder
from feeds.files.recognition.lean_names import lean_file
from feeds.files.sources.source import Source
from ticker.model import is_symbol

#: Words of folders that tell instruments apart.
_TELLING: Final = VARIANTS | MARKETS


@dataclass(frozen=True, slots=True)
class NamedSymbol:
    """A symbol guessed from names; ``alike`` is how many other files have names of the same instrument.

    ``told_apart``: what makes it longer than the symbol in the file's name, as a sentence; empty if it is not.
    """

    symbol: str
    alike: int
    told_apart: str = ""


class FileSet(Sequence[Source]):
    """The sources of one replay, in order. ``given`` has the symbols of sources by their ``id``, with the reason."""

    def __init__(self, sources: Iterable[Source], given: Mapping[int, tuple[str, str]] | None = None) -> None:
        self._sources = tuple(sources)
        self._given = dict(given or {})
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

    def lean_symbol(self, source: Source, symbol: str) -> str:
        """The symbol of a file of QuantConnect Lean, with its market or security if other files' differ in it."""
        return self._lean_symbols.get(id(source), symbol)

    def apart(self, groups: Iterable[tuple[Sequence[Source], Sequence[tuple[Source, Source]]]]) -> FileSet | None:
        """The set in which files of one symbol have the symbols in which their names or folders differ.

        Each group is the files of a symbol, and pairs of them that are of different instruments. None if the names of
        no pair differ.
        """
        given = dict(self._given)
        for sources, pairs in groups:
            why = "the times of files with this name overlap, and their prices differ"
            found = _by_dates(sources, pairs) or _by_folder(sources, pairs)
            given |= {place: (symbol, why) for place, symbol in found.items()}
        return FileSet(self._sources, given) if len(given) > len(self._given) else None

    @cached_property
    def _symbols(self) -> dict[int, NamedSymbol]:
        groups: dict[str, list[tuple[Source, Guess]]] = defaultdict(list)
        for source in self._sources:
            guess = guess_of(source.names)
            if guess is not None:
                groups[guess.symbol.upper()].append((source, guess))
        symbols = {id(source): symbol for group in groups.values() for source, symbol in _apart(group)}
        reasons = dict.fromkeys(symbols, "")
        for place, symbol in self._of_folders(symbols).items():
            symbols[place], reasons[place] = symbol, "folders of files with this name differ"
        for place, (symbol, why) in self._given.items():
            symbols[place], reasons[place] = symbol, why
        shared = Counter(symbols.values())
        return {source: NamedSymbol(symbol, shared[symbol] - 1, reasons[source]) for source, symbol in symbols.items()}

    def _of_folders(self, symbols: Mapping[int, str]) -> dict[int, str]:
        """The symbols of files whose folders tell several markets, or kinds of prices: spot and futures, raw."""
        groups: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        for source in self._sources:
            if id(source) in symbols:
                groups[symbols[id(source)].upper()][id(source)] = folder_words(source.names, _TELLING)
        found: dict[int, str] = {}
        for group in groups.values():
            common = set.intersection(*map(set, group.values()))
            for place, words in group.items():
                whole = "-".join([symbols[place], *(word for word in words if word not in common)])
                if whole != symbols[place] and is_symbol(whole):
                    found[place] = whole
        return found

    @cached_property
    def _lean_symbols(self) -> dict[int, str]:
        groups: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        for source in self._sources:
            file = lean_file(source.names)
            if file is not None:
                groups[file.symbol][id(source)] = (file.market or "", file.security or "")
        found: dict[int, str] = {}
        for symbol, group in groups.items():
            markets, securities = ({words[at] for words in group.values()} for at in (0, 1))
            for place, (market, security) in group.items():
                parts = [market] if len(markets) > 1 else []
                parts += [security] if len(securities) > 1 else []
                found[place] = "-".join([symbol, *filter(None, parts)])
        return found


def _by_dates(sources: Sequence[Source], pairs: Sequence[tuple[Source, Source]]) -> dict[int, str]:
    """The symbols with the dates and numbers of the names; empty if these do not differ in each pair."""
    guesses = {id(source): guess_of(source.names) for source in sources}
    found = {place: guess.dated for place, guess in guesses.items() if guess is not None and is_symbol(guess.dated)}
    is_telling = all(found.get(id(one)) != found.get(id(two)) for one, two in pairs)
    return found if is_telling and len(found) == len(sources) else {}


def _by_folder(sources: Sequence[Source], pairs: Sequence[tuple[Source, Source]]) -> dict[int, str]:
    """The symbols with the name of the nearest folder or archive that differs in each pair; empty if none does."""
    for level in range(1, min(len(source.names) for source in sources)):
        if all(one.names[level] != two.names[level] for one, two in pairs):
            guesses = {id(source): (guess_of(source.names), source.names[level]) for source in sources}
            found = {
                place: f"{guess.symbol}-{stem_of(folder)}"
                for place, (guess, folder) in guesses.items()
                if guess is not None
            }
            if all(map(is_symbol, found.values())):
                return found
    return {}


def _apart(group: Sequence[tuple[Source, Guess]]) -> Iterable[tuple[Source, str]]:
    """The symbols of files with the same first guess: with the words and numbers in which their names differ."""
    series: dict[tuple[str, ...], list[tuple[Source, Guess]]] = defaultdict(list)
    for source, guess in group:
        series[guess.words].append((source, guess))
    for members in series.values():
        in_parts = are_parts(guess.numbers for _, guess in members)
        for source, guess in members:
            yield source, (guess.longest if not in_parts else guess.symbol if len(series) == 1 else guess.full)

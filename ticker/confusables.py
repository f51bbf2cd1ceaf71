"""Names that look the same: their skeletons (UTS #39), and an index of names in use.

Two names look the same if they differ only by case, by spaces, by characters that are not displayed, by compatibility
forms (UAX #15), or by characters that Unicode lists as confusable: ``desk``, ``DESK``, ``dеsk`` with a Cyrillic letter.

Source of the data: Unicode's `confusables.txt`, as the package `confusable_homoglyphs` has it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final
from unicodedata import normalize

from ticker.sanitize import without_ignorable

#: The senders of notices. Nothing else may be called by these names, or by names that look the same.
RESERVED: Final = ("operator", "server")
_SPACES: Final = re.compile(" +")


@lru_cache(maxsize=8_192)
def skeletons(name: str) -> tuple[bytes, bytes]:
    """How a name looks, as it is written and in lower case. Names with a skeleton in common look the same.

    Two are needed, because letters can be confused in one case only: ``AI`` looks like ``Al``, ``ai`` does not. They
    are hashed: a name of 64 characters can have a skeleton of a thousand, and many are kept.
    """
    bare = _SPACES.sub(" ", without_ignorable(normalize("NFKC", without_ignorable(name)))).strip(" ")
    return _skeleton(bare), _skeleton(normalize("NFKC", bare.casefold()))


def look_the_same(one: str, other: str) -> bool:
    return not set(skeletons(one)).isdisjoint(skeletons(other))


def reserved(name: str) -> str | None:
    """The reserved name that a name is or looks like; None if it may be used."""
    return next((each for each in RESERVED if look_the_same(name, each)), None)


class NameIndex:
    """Names in use, each once, found by how they look."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: dict[bytes, dict[str, None]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        for skeleton in skeletons(name):
            self._names.setdefault(skeleton, {})[name] = None

    def remove(self, name: str) -> None:
        for skeleton in set(skeletons(name)):
            names = self._names[skeleton]
            del names[name]
            if not names:
                del self._names[skeleton]

    def find(self, name: str) -> str | None:
        """A name in use that looks like ``name``: itself, or else the one added first."""
        found = [names for skeleton in skeletons(name) if (names := self._names.get(skeleton))]
        if any(name in names for names in found):
            return name
        return next(iter(found[0])) if found else None


def preload() -> None:
    """Read the data, which takes a tenth of a second, so that the first name need not wait for it."""
    skeletons("é")


def _skeleton(text: str) -> bytes:
    mapped = normalize("NFD", text).translate(_prototypes())
    # The prototype of the digit 0 is a capital letter.
    whole = normalize("NFD", mapped.casefold()).encode(errors="surrogatepass")
    return hashlib.blake2b(whole, digest_size=16).digest()


@cache
def _prototypes() -> dict[int, str]:
    """By code point, the character or characters that stand for all that look the same.

    The package lists for each line of `confusables.txt` both directions. One side of a line is the prototype, and no
    prototype has one itself: so the lines form stars, with a prototype in each centre.
    """
    from confusable_homoglyphs.confusables import confusables_data

    alike: dict[str, set[str]] = {}
    for text, others in confusables_data.items():
        # Right-to-left characters are enclosed in marks, for display in a list.
        bare = text.replace("\u200e", "")
        alike.setdefault(bare, set()).update(other["c"].replace("\u200e", "") for other in others)
    found: dict[int, str] = {}
    for text, others in alike.items():
        if len(text) == 1 and len(others) == 1:
            (other,) = others
            # Of two characters that look like no third either may stand for both.
            if len(alike[other]) > 1 or len(other) > 1 or other < text:
                found[ord(text)] = other
    return {code: prototype.translate(found) for code, prototype in found.items()}

"""Reads the texts of sale conditions in files: what a trade with them updates.

| vocabulary | texts |
|---|---|
| ``sip`` | the processors' codes: ``@FTI``, ``@  I``, ``['@', 'T']``, ``@,T`` |
| ``massive`` | ids: ``37``, ``53,52,41``, ``[12, 37]`` |
| ``lean`` | flags: ``20002020`` |
| ``recorded`` | a recording of ours: ``@ T``, ``12 37``, ``20002020``, ``@ O UTP``, ``?12`` |
| ``any`` | codes of the processors, if the text may be some (``may_be_codes``) |
| ``other`` | none that is known |

The resulting condition sets are read again from recordings, without knowing where they came from. So each set says
what it is: codes have one character, ids of Massive two digits, flags of Lean eight digits. ``CTA`` or ``UTP`` is added
where a code depends on the tape. A word that was not understood but would be in a recording begins with ``?``.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from feeds.files.report import excerpt
from ticker.conditions import REGULAR, Updates
from ticker.sale_conditions import (
    BY_CODE,
    LEAN,
    MASSIVE,
    Tape,
    allowed,
    depends_on_tape,
    updates_of,
    updates_of_numbered,
)

Vocabulary = Literal["sip", "massive", "lean", "recorded", "any", "other"]

_BRACKETS: Final = "[](){}"
_QUOTES: Final = "'\"` "
_NONE: Final = frozenset({"", "nan", "none", "null", "na", "n/a", "-"})
_NUMBER = re.compile(r"\d+(\.0)?", re.ASCII)
_FLAGS = re.compile(r"[0-9A-Fa-f]{1,8}", re.ASCII)


class Meaning(NamedTuple):
    """A condition set, what its trades update, and which of its conditions are unknown."""

    conditions: tuple[str, ...]
    updates: Updates
    unknown: tuple[str, ...] = ()


def read_conditions(text: str, vocabulary: Vocabulary, tape: Tape | None = None) -> Meaning:
    """The meaning of one field, cut to 80 characters. Unknown conditions are kept as they are and update everything."""
    text = excerpt(text.strip())
    if text.lower() in _NONE:
        return Meaning((), REGULAR)
    if vocabulary == "recorded":
        return _recorded(text)
    if vocabulary == "lean":
        return _lean(text)
    words, listed = _words(text)
    if vocabulary == "massive":
        return _massive(words)
    if vocabulary == "other" or (vocabulary == "any" and not _are_codes(words, listed=listed)):
        return _unread(words)
    return _sip([letter for word in words for letter in (word if len(word) <= 4 else [word]) if letter.strip()], tape)


def may_be_codes(text: str) -> bool:
    """Whether a text has the form of the processors' codes. ``NT`` has, though elsewhere it is a negotiated trade."""
    text = text.strip()
    if text.lower() in _NONE:
        return True
    words, listed = _words(text)
    return _are_codes(words, listed=listed)


def _words(text: str) -> tuple[list[str], bool]:
    """The parts of a list, or the words between blanks; and whether it is written as a list."""
    listed = text[0] in _BRACKETS or re.search(r"[,;|]", text) is not None
    parts = re.split(r"[,;|\s]+", text.strip(_BRACKETS))
    return [word for part in parts if (word := part.strip(_QUOTES))], listed


def _are_codes(words: list[str], *, listed: bool) -> bool:
    """Whether words can only be the processors' codes: in a list one each, else in the order of their levels.

    Numbers alone belong to a vendor's vocabulary.
    """
    letters = "".join(words)
    if letters.isdecimal() or not all(letter in BY_CODE for letter in letters):
        return False
    if listed or all(len(word) == 1 for word in words):
        return all(len(word) == 1 for word in words)
    levels = [BY_CODE[letter].level for letter in letters]
    return len(letters) <= 4 and all(one < other for one, other in pairwise(levels))


def _sip(codes: list[str], tape: Tape | None) -> Meaning:
    found = [updates_of(code, tape) for code in codes]
    kept = [code if each is not None else _kept(code) for code, each in zip(codes, found, strict=True)]
    unknown = tuple(code for code, each in zip(kept, found, strict=True) if each is None)
    marks = (tape,) if tape is not None and any(map(depends_on_tape, codes)) else ()
    return Meaning((*kept, *marks), allowed(each for each in found if each is not None), unknown)


def _massive(words: list[str]) -> Meaning:
    conditions, updates, unknown = [], [], []
    for word in words:
        number = int(word.removesuffix(".0")) if _NUMBER.fullmatch(word) and len(word) < 8 else None
        known = MASSIVE.get(number) if number is not None else None
        if known is not None:
            conditions.append(f"{number:02}")
            updates.append(updates_of_numbered(known))
        else:
            conditions.append(_kept(word))
            unknown.append(conditions[-1])
    return Meaning(tuple(conditions), allowed(updates), tuple(unknown))


def _lean(text: str) -> Meaning:
    if not _FLAGS.fullmatch(text):
        return _unread(text.split())
    flags = int(text, 16)
    if not flags:
        return Meaning((), REGULAR)
    bits = [known for bit, known in enumerate(LEAN) if flags >> bit & 1]
    return Meaning((f"{flags:08X}",), allowed(map(updates_of_numbered, bits)))


def _recorded(text: str) -> Meaning:
    words = text.split()
    tape: Tape | None = "CTA" if "CTA" in words else "UTP" if "UTP" in words else None
    found = [(word, _recorded_updates(word, tape)) for word in words if word != tape]
    unknown = tuple(word for word, each in found if each is None)
    return Meaning(tuple(words), allowed(each for _, each in found if each is not None), unknown)


def _recorded_updates(word: str, tape: Tape | None = None) -> Updates | None:
    if len(word) == 1:
        return updates_of(word, tape)
    if len(word) == 2 and word.isdecimal() and word.isascii():
        known = MASSIVE.get(int(word))
        return None if known is None else updates_of_numbered(known)
    if len(word) == 8 and _FLAGS.fullmatch(word):
        return _lean(word).updates
    return None


def _unread(words: list[str]) -> Meaning:
    """A set of another vocabulary."""
    kept = tuple(map(_kept, words))
    return Meaning(kept, REGULAR, kept)


def _kept(word: str) -> str:
    """An unknown condition as it is, unless a recording of it would be taken for a known one."""
    return f"?{word}" if word in ("CTA", "UTP") or _recorded_updates(word) is not None else word

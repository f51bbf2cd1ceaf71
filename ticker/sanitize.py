"""Sanitizes text that users write and others see: names of one line, and texts of several.

Names contain no invisible characters, except those that change how their neighbours are displayed: in emoji (UTS #51),
and joiners in scripts that need them (RFC 5892). ``ticker.confusables`` compares names without these.

Texts lose the characters that change how text beside them is displayed: control characters (except line break and
tab), and embeddings, overrides and isolates of the writing direction. Arabic and Hebrew need none of these; direction
marks are kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import regex

MAX_NAME_CHARS: Final = 64
#: C0 except tab and line break, DEL, C1, and the embeddings, overrides and isolates of UAX #9.
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
#: Unicode has no property for characters that are displayed as blanks: these words of their names are one.
_BLANK: Final = re.compile(r"\bBLANK\b|\bNULL NOTEHEAD\b|^KHITAN SMALL SCRIPT FILLER$|^OBJECT REPLACEMENT CHARACTER$")
_JOINERS: Final = "\u200c\u200d"
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")


def proper_name(text: str) -> str:
    """The name without surrounding spaces. Raises ``ValueError`` for an invalid name."""
    # A very long text is refused without being scanned.
    name = text.strip(" ") if len(text) <= 2 * MAX_NAME_CHARS else text
    if not 0 < len(name) <= MAX_NAME_CHARS or not is_visible(name):
        raise ValueError(f"must be 1 to {MAX_NAME_CHARS} printable characters, not {escaped(text[:80])!s:.80}")
    return name


def is_visible(name: str) -> bool:
    """Whether each character of a name is printable, and displayed or needed to display its neighbours."""
    # Control and format characters are not printable, nor is whitespace other than the space.
    if name.isascii():
        return name.isprintable()
    hidden = {position for position, letter in enumerate(name) if not _is_visible(letter)}
    for found in _needed()(name):
        hidden.difference_update(found)
    return not any(name[position] not in _JOINERS or not _joins(name, position) for position in hidden)


def escaped(name: str) -> str:
    """The name in quotes, with escapes for the characters that can't be seen."""
    return repr(name) if is_visible(name) else ascii(name)


def without_ignorable(name: str) -> str:
    """The name without the characters that displays ignore (Unicode's property Default_Ignorable_Code_Point)."""
    return name if name.isascii() else _ignorable().sub("", name)


def proper_text(text: str, most: int) -> str:
    """The text without unwanted characters. Raises ``ValueError`` if the rest is invisible or too long.

    ``most`` is the maximum of characters (code points) left.
    """
    if _SURROGATES.search(text):
        raise ValueError("contains a surrogate, which can't be encoded")
    text = _UNWANTED.sub("", text)
    if len(text) > most:
        raise ValueError(f"{len(text)} characters; the limit is {most}")
    if not any(_is_visible(letter) and not letter.isspace() for letter in text):
        raise ValueError("contains no visible character")
    return text


def _is_visible(letter: str) -> bool:
    if letter.isascii():
        return letter.isprintable()
    if not letter.isprintable() or _ignorable().fullmatch(letter):
        return False
    return _BLANK.search(unicodedata.name(letter, "")) is None


def _joins(name: str, position: int) -> bool:
    """Whether a joiner changes how its neighbours are displayed (RFC 5892, appendix A)."""
    import idna

    return bool(idna.valid_contextj(name, position))


@cache
def _ignorable() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"\p{Default_Ignorable_Code_Point}")


@cache
def _needed() -> Callable[[str], Iterator[range]]:
    """Finds emoji (UTS #51, section 1.4.9), and ideographs and Mongolian letters with a variation selector."""
    import regex

    element = (
        r"(?:\p{RI}\p{RI}|[0-9#*]\uFE0F\u20E3"
        r"|\p{Extended_Pictographic}(?:\p{EMod}|[\uFE0E\uFE0F])?(?:[\U000E0020-\U000E007E]+\U000E007F)?)"
    )
    pattern = regex.compile(
        rf"{element}(?:\u200D{element})*|(?=\p{{L}})[\p{{Han}}\p{{Mongolian}}]\p{{Variation_Selector}}"
    )
    return lambda name: (range(*found.span()) for found in pattern.finditer(name))

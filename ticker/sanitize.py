"""Sanitizes text that users write and others see: names of one line, and texts of several.

Names contain no invisible characters: two that look alike must be equal. Texts lose the characters that change how
text beside them is displayed: control characters (except line break and tab), and embeddings, overrides and isolates
of the writing direction. Arabic and Hebrew need none of these; direction marks are kept.
"""

from __future__ import annotations

import re
from typing import Final

MAX_NAME_CHARS: Final = 64
#: C0 except tab and line break, DEL, C1, and the embeddings, overrides and isolates of UAX #9.
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")


def proper_name(text: str) -> str:
    """The name without surrounding spaces. Raises ``ValueError`` for an invalid name."""
    # A very long text is refused without being scanned.
    name = text.strip(" ") if len(text) <= 2 * MAX_NAME_CHARS else text
    # Control and format characters are not printable, nor is whitespace other than the space.
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise ValueError(f"must be 1 to {MAX_NAME_CHARS} printable characters, not {text!r:.80}")
    return name


def proper_text(text: str, most: int) -> str:
    """The text without unwanted characters. Raises ``ValueError`` if the rest is invisible or too long.

    ``most`` is the maximum of characters (code points) left.
    """
    if _SURROGATES.search(text):
        raise ValueError("contains a surrogate, which can't be encoded")
    text = _UNWANTED.sub("", text)
    if len(text) > most:
        raise ValueError(f"{len(text)} characters; the limit is {most}")
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise ValueError("contains no visible character")
    return text

"""What people write, and others are shown: names, which have one line, and texts, which may have several.

What can't be seen has no place in a name, for two that look alike would be two. Texts lose what would change how the
text beside them looks: control characters (but the line break and the tab), and those that turn the direction of
writing. Nobody misses those: Arabic and Hebrew find their direction by themselves, and its marks are left alone.
"""

from __future__ import annotations

import re
from typing import Final

MAX_NAME_CHARS: Final = 64
#: C0 but tab and line break, DEL, C1, and the embeddings, overrides and isolates of UAX #9.
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")


def proper_name(text: str) -> str:
    """The name without blanks around it. Raises ``ValueError`` for what is none."""
    # Before anything looks at all of it.
    name = text.strip(" ") if len(text) <= 2 * MAX_NAME_CHARS else text
    # Neither control nor format characters are printable, nor blanks but the one that everybody knows.
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise ValueError(f"1 to {MAX_NAME_CHARS} printable characters, not {text!r:.80}")
    return name


def proper_text(text: str, most: int) -> str:
    """The text without what has no place in one. Raises ``ValueError`` if nothing is left to see, or it is too long.

    ``most`` is in characters (code points), of what is left.
    """
    if _SURROGATES.search(text):
        raise ValueError("half a character (a surrogate) can't be sent on")
    text = _UNWANTED.sub("", text)
    if len(text) > most:
        raise ValueError(f"{len(text)} characters; the limit is {most}")
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise ValueError("there is nothing to see in it")
    return text

"""Finds names of Python in texts for clients: classes, modules, the ends of tracebacks."""

from __future__ import annotations

import re

#: The names that decoders, converters and exceptions of Python and msgspec put into their texts. What the protocol
#: calls a JSON object is no class.
_NAMES = re.compile(
    r"\b(?:int|str|dict|bytes|bytearray|float|bool|tuple|NoneType|None|True|False|object|array|Any|msgspec|Timestamp"
    r"|ExtType|datetime|\w+Error|\w+Exception|codec|unhashable|strict_map_key|unpackb?)\b"
)
#: What the client said, in quotes, and the protocol's own words.
_ALLOWED = re.compile(
    r"""'[^']*'?|"[^"]*"?|JSON object|in object \(byte|object keys must|\b\d+ bytes\b|more bytes follow"""
)


def python_names(text: str) -> list[str]:
    """The names of Python in a text, outside of what the client itself said."""
    return _NAMES.findall(_ALLOWED.sub("", text))

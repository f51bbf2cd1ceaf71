"""Negotiates permessage-deflate (RFC 7692, section 7.1).

All clients get messages compressed in the same way. An offer that doesn't allow it is declined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ticker.server.websocket.deflate import WINDOW_BITS

_NAME: Final = "permessage-deflate"
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
#: RFC 6455, section 9.1: an extension's name or a parameter, and the delimiter after it.
_PART: Final = re.compile(
    rf'[ \t]*+({_WORD})(?:[ \t]*+=[ \t]*+(?:({_WORD})|"((?:[^"\\]|\\.)*+)"))?+[ \t]*+(;|,|\Z)', re.ASCII
)
_EMPTY_ELEMENTS: Final = re.compile(r"[ \t,]*+")
_BITS: Final = {str(bits): bits for bits in range(8, 16)}

#: A name, and its parameters with their values.
Offer = tuple[str, list[tuple[str, str | None]]]


def negotiate(lines: Iterable[str]) -> str | None:
    """The response to the offers of ``Sec-WebSocket-Extensions`` headers; None if none is accepted.

    Neither side keeps state between messages. Raises ``ValueError`` for headers that violate RFC 6455.
    """
    offers = [offer for line in lines for offer in _parse(line)]
    return next((accepted for name, parameters in offers if name == _NAME and (accepted := _accept(parameters))), None)


def _parse(line: str) -> list[Offer]:
    offers: list[Offer] = []
    parameters: list[tuple[str, str | None]] | None = None
    at = _skip_empty(line, 0)
    while parameters is not None or at < len(line):
        part = _PART.match(line, at)
        if part is None:
            raise ValueError("Sec-WebSocket-Extensions: invalid syntax (RFC 6455, section 9.1)")
        name, value, quoted, delimiter = part.groups()
        if quoted is not None:
            value = re.sub(r"\\(.)", r"\1", quoted)
            if not re.fullmatch(_WORD, value, re.ASCII):
                raise ValueError("Sec-WebSocket-Extensions: a quoted value must be a token")
        if parameters is None:
            if value is not None:
                raise ValueError("Sec-WebSocket-Extensions: an extension's name has no value")
            parameters = []
            offers.append((name, parameters))
        else:
            parameters.append((name, value))
        at = part.end()
        if delimiter != ";":
            parameters = None
            at = _skip_empty(line, at)
    return offers


def _skip_empty(line: str, at: int) -> int:
    match = _EMPTY_ELEMENTS.match(line, at)
    return at if match is None else match.end()


def _accept(parameters: list[tuple[str, str | None]]) -> str | None:
    if len(dict(parameters)) < len(parameters):
        return None
    accepted = f"{_NAME}; server_no_context_takeover; client_no_context_takeover"
    for name, value in parameters:
        if name in ("server_no_context_takeover", "client_no_context_takeover"):
            if value is not None:
                return None
        elif name == "server_max_window_bits":
            if _BITS.get(value or "", 0) < WINDOW_BITS:
                return None
            accepted += f"; {name}={WINDOW_BITS}"
        elif name == "client_max_window_bits":
            # Any window will do: inflating uses the largest one, for one message at a time.
            if value is not None and value not in _BITS:
                return None
        else:
            return None
    return accepted

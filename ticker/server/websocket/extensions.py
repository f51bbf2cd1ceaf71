"""Agreeing on permessage-deflate (RFC 7692, section 7.1): which of a client's offers is taken, and with what.

There is one way in which messages are compressed here, the same for all clients; an offer that doesn't fit is declined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ticker.server.websocket.deflate import WINDOW_BITS

_NAME: Final = "permessage-deflate"
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
#: RFC 6455, section 9.1: a name, or a parameter, and what it ends with.
_PART: Final = re.compile(
    rf'[ \t]*+({_WORD})(?:[ \t]*+=[ \t]*+(?:({_WORD})|"((?:[^"\\]|\\.)*+)"))?+[ \t]*+(;|,|\Z)', re.ASCII
)
_NOTHING: Final = re.compile(r"[ \t,]*+")
_BITS: Final = {str(bits): bits for bits in range(8, 16)}

#: A name, and its parameters with their values.
Offer = tuple[str, list[tuple[str, str | None]]]


def agreed(lines: Iterable[str]) -> str | None:
    """The answer to the offers in a request's ``Sec-WebSocket-Extensions``; None where none is taken.

    Neither side keeps anything from one message to the next. Raises ``ValueError`` for what RFC 6455 doesn't allow.
    """
    made = [offer for line in lines for offer in _offers(line)]
    return next((answer for name, given in made if name == _NAME and (answer := _answer(given))), None)


def _offers(line: str) -> list[Offer]:
    found: list[Offer] = []
    given: list[tuple[str, str | None]] | None = None
    at = _skipped(line, 0)
    while given is not None or at < len(line):
        part = _PART.match(line, at)
        if part is None:
            raise ValueError("Sec-WebSocket-Extensions is not as RFC 6455 has it")
        name, value, quoted, end = part.groups()
        if quoted is not None:
            value = re.sub(r"\\(.)", r"\1", quoted)
            if not re.fullmatch(_WORD, value, re.ASCII):
                raise ValueError("Sec-WebSocket-Extensions: what is quoted has to be a token")
        if given is None:
            if value is not None:
                raise ValueError("Sec-WebSocket-Extensions: a name has no value")
            given = []
            found.append((name, given))
        else:
            given.append((name, value))
        at = part.end()
        if end != ";":
            given = None
            at = _skipped(line, at)
    return found


def _skipped(line: str, at: int) -> int:
    """Behind elements of the list that are empty."""
    nothing = _NOTHING.match(line, at)
    return at if nothing is None else nothing.end()


def _answer(given: list[tuple[str, str | None]]) -> str | None:
    parameters = dict(given)
    if len(parameters) < len(given):
        return None
    answer = f"{_NAME}; server_no_context_takeover; client_no_context_takeover"
    for name, value in given:
        if name in ("server_no_context_takeover", "client_no_context_takeover"):
            if value is not None:
                return None
        elif name == "server_max_window_bits":
            if _BITS.get(value or "", 0) < WINDOW_BITS:
                return None
            answer += f"; {name}={WINDOW_BITS}"
        elif name == "client_max_window_bits":
            # Whatever it will use: inflating takes the largest, and is over with the message.
            if value is not None and value not in _BITS:
                return None
        else:
            return None
    return answer

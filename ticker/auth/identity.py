"""Who a client is, as far as the server knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiohttp import web

from ticker.auth.entitlements import EVERYTHING, Entitlements


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``name`` is the key's, or the token's `sub`, and what others are shown.

    ``key_id`` and ``digest`` are those of a key's row, if it is one.

    ``expires_s`` is in seconds since 1970 UTC; None: never.
    """

    name: str
    may: Entitlements
    expires_s: float | None = None
    key_id: str | None = None
    digest: str = ""

    @property
    def owner(self) -> str:
        """To whom belongs what is its own: a token's `sub` and a key's name that are equal, now or later, are two."""
        return self.name if self.key_id is not None or not self.name else SUBJECT + self.name


#: Whoever it is, where nobody is asked.
ANYONE = Identity(name="", may=EVERYTHING)
_IDENTITY = web.RequestKey("ticker.identity", Identity)
#: How owners begin who came with a token; no name of a key has a colon.
SUBJECT: Final = "token:"
H = TypeVar("H", bound=Callable[..., Any])


def identity(request: web.Request) -> Identity:
    """Who sent a request: found out before it came to its handler."""
    return request[_IDENTITY]


def for_everybody(handler: H) -> H:
    """Marks a handler that asks nobody who they are."""
    handler.for_everybody = True  # type: ignore[attr-defined]
    return handler


def is_for_everybody(request: web.Request) -> bool:
    return getattr(request.match_info.handler, "for_everybody", False)


def known(request: web.Request) -> Identity | None:
    """Who sent a request for what is for everybody, if that is known."""
    return request.get(_IDENTITY)


def identified(request: web.Request, found: Identity) -> None:
    """Note who sent it."""
    request[_IDENTITY] = found

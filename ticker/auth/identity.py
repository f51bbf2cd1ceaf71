"""The identity of a client: whose key or token it used, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ticker.auth.entitlements import EVERYTHING, Entitlements

#: Prefix of the owners of tokens. Key names have no colon.
SUBJECT: Final = "token:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``name`` is the key's name or the token's `sub`, and shown to other clients.

    ``key_id`` and ``digest`` are set for keys. ``expires_s`` is in seconds since 1970 UTC; None: never. ``session_ns``
    is set for browsers that logged in, and identifies the session.
    """

    name: str
    may: Entitlements
    expires_s: float | None = None
    key_id: str | None = None
    digest: str = ""
    session_ns: int | None = None

    @property
    def owner(self) -> str:
        """The owner of the alerts. A key and a token whose `sub` equals the key's name are different owners."""
        return self.name if self.key_id is not None or not self.name else SUBJECT + self.name


#: Every client's identity without authentication.
ANYONE = Identity(name="", may=EVERYTHING)

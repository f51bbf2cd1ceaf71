"""Sessions of browsers: signed cookies, and which of them were logged out.

The cookie has the key's id or the token, when the session began and when it ends. The key that signs it is in memory
only, so all sessions end with the process, and what was logged out need not be stored: no cookie of an earlier process
is ever valid. Storing the signing key would let a copy of that file forge sessions.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final, NamedTuple

#: How long a browser stays logged in.
SESSION_S: Final = 12 * 3600
#: How many sessions that were logged out are remembered until they expire. Above that, all sessions of the owner with
#: the most of them are logged out, which takes one entry; if that is not enough, those of all owners.
MAX_LOGGED_OUT: Final = 20_000


class Session(NamedTuple):
    """What a cookie says. ``began_ns`` identifies it; ``kind`` is ``k`` (a key's id) or ``t`` (a token)."""

    expires_s: int
    began_ns: int
    kind: str
    subject: str


class Sessions:
    """``now_ns`` is the time since 1970 UTC; it may be set back."""

    def __init__(self, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._secret = secrets.token_bytes(32)
        self._last_ns = 0
        #: Sessions that were logged out one by one: by owner, when each began and expires.
        self._single: dict[str, dict[int, float]] = {}
        #: Owners whose sessions that began until then were all logged out, and when the last of them expires.
        self._until: dict[str, tuple[int, float]] = {}
        #: All sessions of all owners that began until then.
        self._all_until_ns = 0
        #: The entries of both dictionaries.
        self._count = 0

    def seal(self, kind: str, subject: str, until_s: float | None) -> tuple[str, float]:
        """A new session's cookie, and when it expires (seconds since 1970 UTC): at the latest at ``until_s``."""
        # Each begins after all before it, also when the clock is set back: it also tells which were logged out.
        self._last_ns = max(self._now_ns(), self._last_ns + 1)
        expires_s = min(self._now_ns() / 1e9 + SESSION_S, until_s or float("inf"))
        body = f"{int(expires_s)}:{self._last_ns}:{kind}:{subject}".encode()
        return f"{_encode(body)}.{_encode(self._sign(body))}", expires_s

    def unseal(self, cookie: str) -> Session | None:
        """What a cookie says; None if it is forged or has expired. It may have been logged out: see ``ended``."""
        first, _, second = cookie.partition(".")
        body = _decode(first)
        if not hmac.compare_digest(self._sign(body), _decode(second)):
            return None
        expires, began, kind, subject = body.decode().split(":", 3)
        return None if self._now_ns() / 1e9 >= int(expires) else Session(int(expires), int(began), kind, subject)

    def ended(self, owner: str, began_ns: int) -> bool:
        """Whether the owner's session was logged out."""
        until_ns, _ = self._until.get(owner, (0, 0.0))
        return began_ns <= max(until_ns, self._all_until_ns) or began_ns in self._single.get(owner, ())

    def log_out(self, owner: str, session: Session) -> None:
        if self.ended(owner, session.began_ns):
            return
        self._single.setdefault(owner, {})[session.began_ns] = session.expires_s
        self._count += 1
        self._tidy()

    def log_out_everywhere(self, owner: str) -> None:
        """End all present sessions of an owner."""
        self._count += (owner not in self._until) - len(self._single.pop(owner, ()))
        self._until[owner] = self._last_ns, self._now_ns() / 1e9 + SESSION_S
        self._tidy()

    def __len__(self) -> int:
        """The number of entries kept of sessions that were logged out."""
        return self._count

    def _tidy(self) -> None:
        if self._count <= MAX_LOGGED_OUT:
            return
        now_s = self._now_ns() / 1e9
        left = {
            owner: {began: end for began, end in each.items() if end > now_s} for owner, each in self._single.items()
        }
        self._single = {owner: each for owner, each in left.items() if each}
        self._until = {owner: each for owner, each in self._until.items() if each[1] > now_s}
        self._count = len(self._until) + sum(map(len, self._single.values()))
        if self._count <= MAX_LOGGED_OUT:
            return
        most = max(self._single, key=lambda owner: len(self._single[owner]), default="")
        if len(self._single.get(most, ())) > 1:
            self.log_out_everywhere(most)
        else:
            self._single.clear()
            self._until.clear()
            self._count, self._all_until_ns = 0, self._last_ns

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)


def _encode(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""

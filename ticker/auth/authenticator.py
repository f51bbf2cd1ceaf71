"""Who may come in: keys of a file, tokens, and the sessions of browsers that showed one of these.

A session is a cookie that the server has signed, with the key's id or the token in it: the server keeps nothing for it,
and it ends with the key, the token or the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.auth.identity import ANYONE, SUBJECT, Identity
from ticker.auth.keys import Key, Keys
from ticker.auth.tokens import TokenVerifier
from ticker.errors import KeysError

log = logging.getLogger("ticker.server")

#: How long a browser stays logged in.
SESSION_S: Final = 12 * 3600
_Stamp = tuple[int, int, int]


class Authenticator:
    """Knows keys and tokens. With neither, everybody is let in as the owner."""

    def __init__(self, keys: Path | None = None, tokens: TokenVerifier | None = None) -> None:
        """Raises ``KeysError`` for a file that can't be read."""
        self._path = keys
        self._tokens = tokens
        # First the stamps: what changes while it is read is read again.
        self._stamps = {path: _stamp(path) for path in self._files()}
        self._keys = Keys([]) if keys is None else Keys.read(keys)
        if tokens is not None:
            tokens.read()
        self._sealing = secrets.token_bytes(32)

    @property
    def open(self) -> bool:
        """Whether nobody is asked who they are."""
        return self._path is None and self._tokens is None

    def identify(self, credential: str) -> Identity | None:
        """Whose key or token it is."""
        if credential.startswith("tk_"):
            row = self._keys.find(credential)
            return None if row is None else _of_key(row)
        found = None if self._tokens is None else self._tokens.identify(credential)
        # Else it would speak in the name of a key.
        return None if found is None or self._keys.has(found.name) else found

    def holds(self, identity: Identity) -> bool:
        """Whether what somebody came in with still lets them in, as they are."""
        if identity is ANYONE:
            return self.open
        if identity.expires_s is not None and time.time() >= identity.expires_s:
            return False
        if identity.key_id is None:
            return not self._keys.has(identity.name)
        row = self._keys.known(identity.key_id)
        return row is not None and row.sha256 == identity.digest and row.may == identity.may

    def may(self, owner: str) -> Entitlements | None:
        """What an owner may do now, who need not be connected; None: nothing (any more)."""
        if self.open:
            return EVERYTHING
        if owner.startswith(SUBJECT):
            # What a token is for stands in the token alone. It was judged when it was shown, and will be again.
            return None if self._tokens is None else EVERYTHING
        row = self._keys.named(owner)
        return None if row is None else row.may

    def refresh(self) -> None:
        """Read again what has changed on disk. A file that can't be read leaves what was known of it."""
        for path in self._files():
            stamp = _stamp(path)
            if stamp == self._stamps[path]:
                continue
            self._stamps[path] = stamp
            try:
                if path == self._path:
                    self._keys = Keys.read(path)
                elif self._tokens is not None:
                    self._tokens.read()
            except KeysError as error:
                log.error("%s; what was known before holds", error)
            else:
                log.info("%s: read again", path)

    def _files(self) -> list[Path]:
        found = [self._path, None if self._tokens is None else self._tokens.path]
        return [path for path in found if path is not None]

    # Sessions

    def seal(self, credential: str, identity: Identity) -> tuple[str, float]:
        """What a browser's cookie is to be, and when it ends (seconds since 1970 UTC)."""
        ends = min(time.time() + SESSION_S, identity.expires_s or float("inf"))
        # A key stays out of the browser; a token can't be found again by anything but itself.
        what = f"k:{identity.key_id}" if identity.key_id is not None else f"t:{credential}"
        body = f"{int(ends)}:{what}".encode()
        return f"{_text(body)}.{_text(self._signature(body))}", ends

    def unseal(self, cookie: str) -> Identity | None:
        """Whose session it is."""
        first, _, second = cookie.partition(".")
        body = _bytes(first)
        if not hmac.compare_digest(self._signature(body), _bytes(second)):
            return None
        ends, kind, what = body.decode().split(":", 2)
        if time.time() >= int(ends):
            return None
        if kind == "t":
            identity = self.identify(what)
        else:
            row = self._keys.known(what)
            identity = None if row is None or row.expired(time.time()) else _of_key(row)
        if identity is None:
            return None
        return replace(identity, expires_s=min(float(ends), identity.expires_s or float("inf")))

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._sealing, body, hashlib.sha256)


def _of_key(row: Key) -> Identity:
    expires_s = None if row.expires is None else float(row.expires)
    return Identity(name=row.name, may=row.may, expires_s=expires_s, key_id=row.id, digest=row.sha256)


def _text(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

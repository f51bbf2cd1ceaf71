"""Authenticates clients by keys, tokens, and the sessions of browsers that logged in with one of these.

A session is a signed cookie with the key's id or the token in it. The server stores nothing for it; it ends with the
key, the token or the server.
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
from ticker.confusables import preload
from ticker.errors import KeysError

log = logging.getLogger("ticker.server")

#: How long a browser stays logged in.
SESSION_S: Final = 12 * 3600
#: A file's modification time, size and inode.
_Stamp = tuple[int, int, int]


class Authenticator:
    """``keys`` is the key file. With neither keys nor tokens every client has all rights.

    Raises ``KeysError`` for a file that can't be read.
    """

    def __init__(self, keys: Path | None = None, tokens: TokenVerifier | None = None) -> None:
        self._path = keys
        self._tokens = tokens
        files = [keys, None if tokens is None else tokens.path]
        # Before reading: a file that changes while it is read is then read again.
        self._stamps = {path: _stamp(path) for path in files if path is not None}
        self._keys = Keys([]) if keys is None else Keys.read(keys)
        if tokens is not None:
            tokens.read()
            preload()
        self._secret = secrets.token_bytes(32)

    @property
    def open(self) -> bool:
        """Whether authentication is disabled."""
        return self._path is None and self._tokens is None

    def identify(self, credential: str) -> Identity | None:
        """The identity of a key or token; None if it is not valid."""
        if credential.startswith("tk_"):
            row = self._keys.find(credential)
            return None if row is None else _key_identity(row)
        found = None if self._tokens is None else self._tokens.identify(credential)
        # A token whose `sub` is a key's name, or looks like one, would speak in that key's name.
        return None if found is None or self._keys.look_alike(found.name) is not None else found

    def holds(self, identity: Identity) -> bool:
        """Whether a connected client's key or token is still valid, with the same entitlements."""
        if identity is ANYONE:
            return self.open
        if identity.expires_s is not None and time.time() >= identity.expires_s:
            return False
        if identity.key_id is None:
            return self._keys.look_alike(identity.name) is None
        row = self._keys.by_id(identity.key_id)
        return row is not None and row.sha256 == identity.digest and row.may == identity.may

    def may(self, owner: str) -> Entitlements | None:
        """The present entitlements of an owner, connected or not; None if it has none any more."""
        if self.open:
            return EVERYTHING
        if owner.startswith(SUBJECT):
            # A token's entitlements are in the token only. They were checked when it was used, and will be again.
            return None if self._tokens is None else EVERYTHING
        row = self._keys.by_name(owner)
        return None if row is None else row.may

    def refresh(self) -> None:
        """Reread files that have changed. If one can't be read, its previous content stays valid."""
        for path, previous in self._stamps.items():
            stamp = self._stamps[path] = _stamp(path)
            if stamp == previous:
                continue
            try:
                if path == self._path:
                    self._keys = Keys.read(path)
                elif self._tokens is not None:
                    self._tokens.read()
            except KeysError as error:
                log.error("%s; keeping the previous keys", error)
            else:
                log.info("%s: reloaded", path)

    # Sessions

    def seal(self, credential: str, identity: Identity) -> tuple[str, float]:
        """The value of a browser's session cookie, and when it expires (seconds since 1970 UTC)."""
        expires_s = min(time.time() + SESSION_S, identity.expires_s or float("inf"))
        # The browser gets a key's id only. A token has no id by which the server could find it again.
        subject = f"k:{identity.key_id}" if identity.key_id is not None else f"t:{credential}"
        body = f"{int(expires_s)}:{subject}".encode()
        return f"{_encode(body)}.{_encode(self._sign(body))}", expires_s

    def unseal(self, cookie: str) -> Identity | None:
        """The identity of a session cookie; None if it is not valid."""
        first, _, second = cookie.partition(".")
        body = _decode(first)
        if not hmac.compare_digest(self._sign(body), _decode(second)):
            return None
        expires, kind, subject = body.decode().split(":", 2)
        if time.time() >= int(expires):
            return None
        if kind == "t":
            identity = self.identify(subject)
        else:
            row = self._keys.by_id(subject)
            identity = None if row is None or row.expired else _key_identity(row)
        if identity is None:
            return None
        return replace(identity, expires_s=min(float(expires), identity.expires_s or float("inf")))

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, hashlib.sha256)


def _key_identity(row: Key) -> Identity:
    expires_s = None if row.expires is None else float(row.expires)
    return Identity(name=row.name, may=row.may, expires_s=expires_s, key_id=row.id, digest=row.sha256)


def _encode(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _decode(text: str) -> bytes:
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

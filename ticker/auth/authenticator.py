"""Authenticates clients by keys, tokens, and the sessions of browsers that logged in with one of these.

A session ends with the key, the token or the server, or when it is logged out.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.auth.identity import ANYONE, SUBJECT, Identity
from ticker.auth.keys import Key, Keys
from ticker.auth.sessions import Sessions
from ticker.auth.tokens import TokenVerifier
from ticker.confusables import preload
from ticker.errors import KeysError

log = logging.getLogger("ticker.server")

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
        self._sessions = Sessions()

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
        if identity.session_ns is not None and self._sessions.ended(identity.owner, identity.session_ns):
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

    def has_key(self, owner: str) -> bool:
        """Whether an owner is a key that is valid at present."""
        return not self.open and self._keys.by_name(owner) is not None

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
        # The browser gets a key's id only. A token has no id by which the server could find it again.
        if identity.key_id is not None:
            return self._sessions.seal("k", identity.key_id, identity.expires_s)
        return self._sessions.seal("t", credential, identity.expires_s)

    def unseal(self, cookie: str) -> Identity | None:
        """The identity of a session cookie; None if it is not valid, or was logged out."""
        session = self._sessions.unseal(cookie)
        if session is None:
            return None
        if session.kind == "t":
            identity = self.identify(session.subject)
        else:
            row = self._keys.by_id(session.subject)
            identity = None if row is None or row.expired else _key_identity(row)
        if identity is None or self._sessions.ended(identity.owner, session.began_ns):
            return None
        expires_s = min(float(session.expires_s), identity.expires_s or float("inf"))
        return replace(identity, expires_s=expires_s, session_ns=session.began_ns)

    def log_out(self, cookie: str, *, everywhere: bool = False) -> None:
        """End the session of a cookie, or all sessions of its key or token. Clients of these no longer ``hold``."""
        identity, session = self.unseal(cookie), self._sessions.unseal(cookie)
        if identity is None or session is None:
            return
        if everywhere:
            self._sessions.log_out_everywhere(identity.owner)
        else:
            self._sessions.log_out(identity.owner, session)


def _key_identity(row: Key) -> Identity:
    expires_s = None if row.expires is None else float(row.expires)
    return Identity(name=row.name, may=row.may, expires_s=expires_s, key_id=row.id, digest=row.sha256)


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

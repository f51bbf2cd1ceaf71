"""Authenticates clients by keys, tokens, and the sessions of browsers that logged in with one of these.

A session ends with the key, the token or the server, or when it is logged out.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.auth.identity import ANYONE, SUBJECT, Identity
from ticker.auth.keys import Key, Keys
from ticker.auth.sessions import Sessions
from ticker.auth.tokens import TokenVerifier
from ticker.confusables import preload
from ticker.errors import KeysError
from ticker.sanitize import escaped

log = logging.getLogger("ticker.server")

#: How many tokens that look like keys are logged.
MAX_LOOK_ALIKES: Final = 100
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
        self._look_alikes: set[str] = set()

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
        if found is None:
            return None
        key = self._keys.look_alike(found.name)
        if key is not None:
            # It would speak in the key's name.
            self._log_look_alike(found.name, key)
            return None
        return found

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

    def _log_look_alike(self, sub: str, key: str) -> None:
        """Once for each, since the client is told no reason. Only signed tokens get here."""
        if sub not in self._look_alikes and len(self._look_alikes) < MAX_LOOK_ALIKES:
            self._look_alikes.add(sub)
            log.warning("refused a token: its sub %s is or looks like the name of the key %s", escaped(sub), key)

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

"""API keys: how they look, and the file in which the server's owner keeps what is needed to know them again.

A key is ``tk_``, eight hex digits that name it, and 256 random bits in base64url. Of all that the file has the SHA-256
alone: a slow hash protects what people choose, and nobody guesses 256 bits. It is JSON, and is replaced as a whole.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ticker.auth.entitlements import Entitlements
from ticker.errors import KeysError

_KEY: Final = re.compile(r"tk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
#: What a key is compared with that nobody has: knowing none takes as long as knowing one.
_NOBODY: Final = "0" * 64


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One key's row. ``created`` and ``expires`` are seconds since 1970 UTC."""

    id: str
    name: str
    sha256: str
    created: int
    expires: int | None = None
    may: Entitlements = Entitlements()

    def expired(self, now_s: float) -> bool:
        return self.expires is not None and now_s >= self.expires


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version: int = 1
    keys: list[Key] = []


class Keys:
    """The keys of a file, as it was when it was read."""

    def __init__(self, rows: list[Key]) -> None:
        self.rows = rows
        self._by_id = {row.id: row for row in rows}
        self._by_name = {row.name: row for row in rows}

    @classmethod
    def read(cls, path: Path, *, missing_ok: bool = False) -> Keys:
        """Raises ``KeysError`` for a file that can't be read, or is none of these."""
        try:
            found = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            if missing_ok:
                return cls([])
            raise KeysError(f"{path}: there is no such file; `ticker keys add NAME --keys {path}` makes it") from None
        except OSError as error:
            raise KeysError(f"{path}: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise KeysError(f"{path}: not a file of keys: {error}") from error
        if found.version != 1:
            raise KeysError(f"{path}: version {found.version}; this program reads version 1")
        return cls(found.keys)

    def known(self, id_: str) -> Key | None:
        """The row with this id."""
        return self._by_id.get(id_)

    def named(self, name: str, now_s: float | None = None) -> Key | None:
        """The row of this name; None if there is none, or it has expired."""
        row = self._by_name.get(name)
        return None if row is None or row.expired(time.time() if now_s is None else now_s) else row

    def has(self, name: str) -> bool:
        """Whether there is a row of this name, expired or not."""
        return name in self._by_name

    def find(self, secret: str, now_s: float | None = None) -> Key | None:
        """Whose key it is; None for one that is unknown or has expired. Takes as long either way."""
        match = _KEY.fullmatch(secret)
        row = self._by_id.get(match[1]) if match else None
        digest = _digest(secret)
        right = hmac.compare_digest(digest, row.sha256 if row else _NOBODY)
        if not right or row is None or row.expired(time.time() if now_s is None else now_s):
            return None
        return row


@contextmanager
def editing(path: Path) -> Iterator[Keys]:
    """The keys of a file (none, if there is no such file), which has what is made of them when this is left.

    Nobody else who edits comes in between; who reads sees the old file or the new one. Raises ``KeysError``.
    """
    try:
        with _locked(path):
            keys = Keys.read(path, missing_ok=True)
            yield keys
            _replace(path, msgspec.json.format(msgspec.json.encode(_File(keys=keys.rows)), indent=1) + b"\n")
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror}") from error


def add(
    keys: Keys, name: str, may: Entitlements, *, expires: int | None = None, now_s: float | None = None
) -> tuple[Key, str]:
    """A new key: its row, which is among the others now, and the key itself, which is told this once.

    Raises ``KeysError`` for a name that is taken or no name.
    """
    if not _NAME.fullmatch(name):
        raise KeysError(f"{name!r:.80}: a name has letters, digits and . _ @ -, and 64 of them at most")
    if any(row.name == name for row in keys.rows):
        raise KeysError(f"there is a key called {name} already; revoke it first, or choose another name")
    taken = {row.id for row in keys.rows}
    id_ = next(found for found in iter(lambda: secrets.token_hex(4), "") if found not in taken)
    secret = f"tk_{id_}_{secrets.token_urlsafe(32)}"
    created = int(time.time() if now_s is None else now_s)
    row = Key(id=id_, name=name, sha256=_digest(secret), created=created, expires=expires, may=may)
    keys.rows.append(row)
    return row, secret


def revoke(keys: Keys, name_or_id: str) -> Key:
    """Take a key out. Raises ``KeysError`` if there is none of that name or id."""
    for row in keys.rows:
        if name_or_id in (row.name, row.id):
            keys.rows.remove(row)
            return row
    raise KeysError(f"there is no key called {name_or_id}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Beside the file, for the file itself is replaced."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - such a system has no locks of this kind: the last who writes wins
        yield
        return
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes) -> None:
    """Only the owner may read it. It is on the disk when this returns."""
    number, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise

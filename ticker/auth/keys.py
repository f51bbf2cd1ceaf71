"""API keys, and the file in which the operator keeps their hashes.

A key is ``tk_``, eight hex digits that identify it, and 256 random bits in base64url. The file has only its SHA-256:
slow hashes protect what people choose, and 256 random bits can't be guessed. The file is JSON and replaced as a whole.
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
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from ticker.auth.entitlements import Entitlements
from ticker.confusables import NameIndex, reserved
from ticker.errors import KeysError
from ticker.small_file import read_small_file
from ticker.wire.type_fault import plain_error

_KEY: Final = re.compile(r"tk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: The end of the year 9999, the last that can be written as a date.
_LAST_S: Final = 253_402_300_799
#: More than 100,000 keys have.
MOST_BYTES: Final = 64 * 1024 * 1024
#: How many names are remembered of which was asked whether they look like a key's.
_MAX_ASKED: Final = 32_768
#: No key has this digest. Comparing with it makes an unknown id take as long as a known one.
_NO_DIGEST: Final = "0" * 64


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A row of the key file. ``created`` and ``expires`` are seconds since 1970 UTC."""

    id: str
    name: str
    sha256: str
    created: int
    expires: int | None = None
    may: Entitlements = Entitlements()

    @property
    def expired(self) -> bool:
        return self.expires is not None and time.time() >= self.expires

    def fault(self) -> str | None:
        """What is wrong with a row that was edited by hand; None if nothing is."""
        if not _ID.fullmatch(self.id):
            return f"id: must be 8 hex digits, not {self.id!r:.40}"
        if not _DIGEST.fullmatch(self.sha256):
            return "sha256: must be 64 hex digits"
        for name, time_s in (("created", self.created), ("expires", self.expires)):
            if time_s is not None and not 0 <= time_s <= _LAST_S:
                return f"{name}: must be seconds since 1970, up to the year 9999"
        return None


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    version: int = 1
    keys: list[Key] = []


class Keys:
    """The rows of a key file."""

    def __init__(self, rows: list[Key]) -> None:
        self.rows = rows
        self._by_id = {row.id: row for row in rows}
        self._by_name = {row.name: row for row in rows}
        self._asked: dict[str, str | None] = {}

    @classmethod
    def read(cls, path: Path, *, missing_ok: bool = False) -> Keys:
        """Raises ``KeysError`` for a file that can't be read or is not a key file."""
        try:
            found = msgspec.json.decode(read_small_file(path, MOST_BYTES), type=_File)
        except FileNotFoundError:
            if missing_ok:
                return cls([])
            raise KeysError(f"{path}: no such file; `ticker keys add NAME --keys {path}` creates it") from None
        except OSError as error:
            raise KeysError(f"{path}: {error.strerror}") from error
        except RecursionError:
            raise KeysError(f"{path}: not a key file: nested too deeply") from None
        except msgspec.ValidationError as error:
            raise KeysError(f"{path}: not a key file: {plain_error(error)}") from error
        except (msgspec.DecodeError, ValueError) as error:
            raise KeysError(f"{path}: not a key file: {error}") from error
        if found.version != 1:
            raise KeysError(f"{path}: version {found.version!s:.20} is not supported; this program reads version 1")
        ids: set[str] = set()
        for index, row in enumerate(found.keys):
            fault = f"the id {row.id} is taken" if row.id in ids else row.fault()
            if fault is not None:
                raise KeysError(f"{path}: not a key file: keys[{index}]: {fault}")
            ids.add(row.id)
        return cls(found.keys)

    def by_id(self, id_: str) -> Key | None:
        """A row, expired or not."""
        return self._by_id.get(id_)

    def by_name(self, name: str) -> Key | None:
        """A row that has not expired."""
        row = self._by_name.get(name)
        return None if row is None or row.expired else row

    def look_alike(self, name: str) -> str | None:
        """The name of a row, expired or not, that ``name`` is or looks like."""
        if not self.rows:
            return None
        # Asked for every connected token every few seconds.
        if name not in self._asked:
            if len(self._asked) >= _MAX_ASKED:
                self._asked.clear()
            self._asked[name] = self._names.find(name)
        return self._asked[name]

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self._by_name)

    def find(self, secret: str) -> Key | None:
        """The row of a key; None if the key is unknown or has expired. Takes constant time."""
        match = _KEY.fullmatch(secret)
        row = self._by_id.get(match[1]) if match else None
        valid = hmac.compare_digest(_digest(secret), row.sha256 if row else _NO_DIGEST)
        return row if valid and row is not None and not row.expired else None


@contextmanager
def editing(path: Path) -> Iterator[Keys]:
    """Edit a key file: yields its rows, and replaces the file when the block ends. A missing file has no rows.

    Locks out other editors; readers see the old file or the new one. Raises ``KeysError``.
    """
    try:
        with _locked(path):
            keys = Keys.read(path, missing_ok=True)
            yield keys
            _replace(path, msgspec.json.format(msgspec.json.encode(_File(keys=keys.rows)), indent=1) + b"\n")
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror}") from error


def add(keys: Keys, name: str, may: Entitlements, *, expires: int | None = None) -> tuple[Key, str]:
    """Add a new key. Returns its row and the key itself, which can't be recovered later.

    Raises ``KeysError`` for a name that is taken or invalid.
    """
    if not _NAME.fullmatch(name):
        raise KeysError(f"{name!r:.80}: a name consists of at most 64 letters, digits and . _ @ -")
    if reserved(name):
        raise KeysError(f"{name}: this name is reserved for notices, or looks like one that is; choose another name")
    other = Keys(keys.rows).look_alike(name)
    if other == name:
        raise KeysError(f"there is already a key named {name}; revoke it first, or choose another name")
    if other is not None:
        raise KeysError(f"{name} looks like the key {other}; revoke that one first, or choose another name")
    taken = {row.id for row in keys.rows}
    id_ = next(found for found in iter(lambda: secrets.token_hex(4), "") if found not in taken)
    secret = f"tk_{id_}_{secrets.token_urlsafe(32)}"
    row = Key(id=id_, name=name, sha256=_digest(secret), created=int(time.time()), expires=expires, may=may)
    if (fault := row.fault()) is not None:
        raise KeysError(fault)
    keys.rows.append(row)
    return row, secret


def revoke(keys: Keys, name_or_id: str) -> Key:
    """Remove a key. Raises ``KeysError`` if there is none of that name or id."""
    for row in keys.rows:
        if name_or_id in (row.name, row.id):
            keys.rows.remove(row)
            return row
    raise KeysError(f"there is no key named {name_or_id}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock a file beside the key file, because the key file itself is replaced."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - without such locks the last writer wins
        yield
        return
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, and wait until it is on the disk."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

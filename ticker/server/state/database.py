"""The file: opened by one server at a time, recognised as ours, of a version that this program knows."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ticker.errors import StateError

NAME: Final = "ticker.db"
#: In the file's head, so that others can tell what it is: "tick".
APPLICATION: Final = 0x7469636B
VERSION: Final = 1
#: A server that is just stopping may take so long to let go of it.
LOCKED_S: Final = 1.0

#: Bodies are JSON, as on the wire. ``alert.id`` is JSON too: 7 and "7" are two ids. ``alert.place`` is the order in
#: which alerts were first put.
_SCHEMA: Final = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE alert (place INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
                    UNIQUE (owner, id));
CREATE TABLE fired (owner TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (owner, seq)) WITHOUT ROWID;
CREATE TABLE delivered (owner TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE room (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, ts INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE said (room TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (room, seq)) WITHOUT ROWID;
CREATE TABLE webhook (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """``whole``: the server before this one wrote everything before it ended, and was not killed."""

    connection: sqlite3.Connection
    path: Path
    instance: str
    whole: bool


def opened(folder: Path) -> Database:
    """The folder's file, which nobody else may use before it is closed. Raises ``StateError``."""
    path = folder / NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # Made by us, and not by SQLite, for it is nobody else's business; what lies beside it gets the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
    connection = sqlite3.connect(path, timeout=LOCKED_S, isolation_level=None, check_same_thread=False)
    try:
        instance, whole = _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise StateError(_why(path, error)) from error
    except BaseException:
        connection.close()
        raise
    return Database(connection=connection, path=path, instance=instance, whole=whole)


def _prepare(connection: sqlite3.Connection, path: Path) -> tuple[str, bool]:
    # The lock is SQLite's own, and holds as long as the connection: it ends with the process, however that ends.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    fresh = _is_fresh(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    # What was kept is kept, even if the power fails right afterwards.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")
    if fresh:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        # Random, so that two files never mean the same by a number.
        connection.execute("INSERT INTO fact VALUES ('instance', ?), ('whole', '1')", (secrets.token_hex(8),))
    facts: dict[str, str] = dict(connection.execute("SELECT name, value FROM fact"))
    connection.execute("UPDATE fact SET value = '0' WHERE name = 'whole'")
    connection.execute("COMMIT")
    return facts["instance"], facts["whole"] == "1"


def _is_fresh(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there is nothing in it. What isn't ours is left as it is: raises ``StateError``."""
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if not application and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return True
    if application != APPLICATION:
        raise StateError(f"{path}: a database of another program")
    if version != VERSION:
        raise StateError(f"{path}: of version {version}; this program knows version {VERSION}")
    return False


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    with closing(connection.execute(f"PRAGMA {name}")) as found:
        value: int = found.fetchone()[0]
        return value


def _why(path: Path, error: sqlite3.Error) -> str:
    # The low byte of what may be an extended code.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path}: another server uses it; each needs a folder of its own"
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path}: not a database"
    return f"{path}: {error}"

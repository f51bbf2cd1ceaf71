"""Opens the file for one server at a time, and checks that it is ours and of a known version."""

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
#: In the file's header, for programs that identify files: "tick".
APPLICATION_ID: Final = 0x7469636B
VERSION: Final = 1
#: How long to wait for a server that is stopping to release the file.
LOCK_TIMEOUT_S: Final = 1.0

#: Bodies are JSON, as on the wire. ``alert.id`` is JSON too, since 7 and "7" are different ids. ``alert.place`` is the
#: order in which alerts were created. ``fact.whole`` is 1 if the last server wrote everything.
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
    """``complete``: the previous server wrote everything and was not killed."""

    connection: sqlite3.Connection
    path: Path
    instance: str
    complete: bool


def open_database(folder: Path) -> Database:
    """Open or create the folder's file, and lock it until it is closed. Raises ``StateError``."""
    path = folder / NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # SQLite would create the file with a wider mode; its other files get the same mode as this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
    connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        instance, complete = _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise StateError(_explain(path, error)) from error
    except BaseException:
        connection.close()
        raise
    return Database(connection=connection, path=path, instance=instance, complete=complete)


def _prepare(connection: sqlite3.Connection, path: Path) -> tuple[str, bool]:
    # SQLite's own lock: it is held as long as the connection and released however the process ends.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    fresh = _is_fresh(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit survives a power failure.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")
    if fresh:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        # Random, so that sequence numbers of different files are never confused.
        connection.execute("INSERT INTO fact VALUES ('instance', ?), ('whole', '1')", (secrets.token_hex(8),))
    facts: dict[str, str] = dict(connection.execute("SELECT name, value FROM fact"))
    connection.execute("UPDATE fact SET value = '0' WHERE name = 'whole'")
    connection.execute("COMMIT")
    return facts["instance"], facts["whole"] == "1"


def _is_fresh(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is empty. Raises ``StateError`` for a file that isn't ours, and leaves it unchanged."""
    application_id, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if not application_id and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return True
    if application_id != APPLICATION_ID:
        raise StateError(f"{path}: belongs to another program")
    if version != VERSION:
        raise StateError(f"{path}: version {version} is not supported; this program reads version {VERSION}")
    return False


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    with closing(connection.execute(f"PRAGMA {name}")) as found:
        value: int = found.fetchone()[0]
        return value


def _explain(path: Path, error: sqlite3.Error) -> str:
    # The low byte of an extended code.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path}: in use by another server; each needs its own folder"
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path}: not a database"
    return f"{path}: {error}"

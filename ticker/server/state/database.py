"""Opens the file for one server at a time, and checks it before anything in it is changed."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ticker.errors import ProtocolError, StateError
from ticker.server.state.ownership import prepare_file, protect

NAME: Final = "ticker.db"
#: In the file's header, for programs that identify files: "tick".
APPLICATION_ID: Final = 0x7469636B
VERSION: Final = 2
#: How long to wait for a server that is stopping to release the file.
LOCK_TIMEOUT_S: Final = 1.0

#: Bodies are JSON, as on the wire. ``alert.id`` is JSON too, since 7 and "7" are different ids. ``alert.place`` is the
#: order in which alerts were created. ``fact.whole`` is 1 if the last server wrote everything, ``fact.ran_ns`` how long
#: servers have run, and ``seen.ran_ns`` that time when the owner was last connected. ``seen.source``
#: and ``room.source`` are what the owner or the room counts towards: an address or a key.
_SCHEMA: Final = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE alert (place INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
                    UNIQUE (owner, id));
CREATE TABLE fired (owner TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (owner, seq)) WITHOUT ROWID;
CREATE TABLE delivered (owner TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (owner TEXT PRIMARY KEY, ran_ns INTEGER NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE room (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, ts INTEGER NOT NULL, source TEXT NOT NULL DEFAULT '')
    WITHOUT ROWID;
CREATE TABLE said (room TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (room, seq)) WITHOUT ROWID;
CREATE TABLE webhook (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
"""
#: The statements that turn a file of an earlier version into one of the next.
_UPGRADES: Final = {
    1: """
CREATE TABLE seen (owner TEXT PRIMARY KEY, ran_ns INTEGER NOT NULL, source TEXT NOT NULL) WITHOUT ROWID;
ALTER TABLE room ADD COLUMN source TEXT NOT NULL DEFAULT '';
""",
}
#: Each table's columns.
_COLUMNS: Final = {
    "fact": {"name", "value"},
    "alert": {"place", "owner", "id", "body"},
    "fired": {"owner", "seq", "body"},
    "delivered": {"owner", "seq"},
    "seen": {"owner", "ran_ns", "source"},
    "room": {"name", "epoch", "ts", "source"},
    "said": {"room", "seq", "body"},
    "webhook": {"place", "id", "body"},
}
#: What a damaged file's content raises when it is read.
_READING: Final = (
    *(sqlite3.Error, msgspec.DecodeError, ProtocolError, ValueError, TypeError, OverflowError, RecursionError),
)
#: How a database begins (SQLite's file format, section 1.3).
_HEAD: Final = b"SQLite format 3\0"
_REMEDY: Final = "restore a copy of it, or move it away to start without its alerts and rooms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """``complete``: the previous server wrote everything and was not killed."""

    connection: sqlite3.Connection
    path: Path
    instance: str
    complete: bool


def open_database(folder: Path, read: Callable[[Database], None] = lambda _: None) -> Database:
    """Open or create the folder's file, and lock it until it is closed.

    ``read`` is called before the file is changed, and may raise what damaged content raises. Raises ``StateError``,
    and then leaves the content as it was.
    """
    path = folder / NAME
    prepare_file(folder, path)
    _check_head(path)
    connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        with _explained(path):
            return _prepare(connection, path, read)
    except BaseException:
        # Rolls back.
        connection.close()
        raise


def _check_head(path: Path) -> None:
    """Raise ``StateError`` if the file is no database. SQLite would apply a write-ahead log that is left beside it."""
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
    if head and head != _HEAD:
        raise StateError(f"{path}: not a database; {_REMEDY}")


def _prepare(connection: sqlite3.Connection, path: Path, read: Callable[[Database], None]) -> Database:
    # SQLite's own lock: it is held as long as the connection and released however the process ends.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    # A commit survives a power failure.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")
    version = _version(connection, path)
    if not version:
        _run(connection, _SCHEMA)
        # Random, so that sequence numbers of different files are never confused.
        connection.execute("INSERT INTO fact VALUES ('instance', ?), ('whole', '1')", (secrets.token_hex(8),))
    for each in range(version or VERSION, VERSION):
        _run(connection, _UPGRADES[each])
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    facts = _checked(connection)
    database = Database(connection=connection, path=path, instance=facts["instance"], complete=facts["whole"] == "1")
    read(database)
    protect(path.parent, path)
    connection.execute("UPDATE fact SET value = '0' WHERE name = 'whole'")
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    return database


def _run(connection: sqlite3.Connection, statements: str) -> None:
    # ``executescript`` would commit first.
    for statement in statements.split(";\n"):
        connection.execute(statement)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The file's version; 0 if it is empty. Raises ``StateError`` for a file that isn't ours."""
    application_id, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if not application_id and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return 0
    if application_id != APPLICATION_ID:
        raise StateError(f"{path}: belongs to another program; choose another folder for --state")
    if not 1 <= version <= VERSION:
        raise StateError(
            f"{path}: version {version} is not supported; this program reads versions 1 to {VERSION}: use the version"
            " of ticker that wrote it, or another folder for --state"
        )
    return version


def _checked(connection: sqlite3.Connection) -> dict[str, str]:
    """The facts. Raises ``ValueError`` if something is missing that the server needs to read and write the file."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ValueError(" ".join(str(found).split()))
    for table, columns in _COLUMNS.items():
        there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        if missing := sorted(columns - there):
            what = f"the columns {', '.join(missing)} of the table {table} are" if there else f"the table {table} is"
            raise ValueError(f"{what} missing")
    facts = dict(connection.execute("SELECT name, value FROM fact"))
    for name in ("instance", "whole"):
        if not isinstance(facts.get(name), str) or not facts[name]:
            raise ValueError(f"the row {name!r} of the table fact is missing or wrong")
    return facts


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    with closing(connection.execute(f"PRAGMA {name}")) as found:
        value: int = found.fetchone()[0]
        return value


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what is raised into a ``StateError`` that names the file and says what helps."""
    try:
        yield
    except _READING as error:
        if isinstance(error, StateError):
            raise
        # The low byte of an extended code.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            text = "in use by another server; each needs its own folder"
        elif code == sqlite3.SQLITE_NOTADB:
            text = f"not a database; {_REMEDY}"
        elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            text = f"{error}; the server must be able to write this file and its folder"
        else:
            text = f"is damaged: {error}; {_REMEDY}"
        raise StateError(f"{path}: {text}") from error


@contextmanager
def place(what: str) -> Iterator[None]:
    """Name the part of the file that is read, in what is raised."""
    try:
        yield
    except _READING as error:
        raise ValueError(f"{what}: {error}") from error

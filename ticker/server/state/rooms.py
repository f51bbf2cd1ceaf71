"""Stores rooms and their messages. See ``ticker.rooms.store`` for the guarantees."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ticker.errors import StateError
from ticker.rooms.room import KEPT
from ticker.rooms.store import KeptRoom
from ticker.server.state.writer import Job
from ticker.wire.messages import Said

#: Maximum number of messages waiting to be written. Beyond it, the messages of the room that has waited longest are
#: dropped, and the room is written as if it began after them, because a stored room has no gaps.
MAX_WAITING: Final = 10_000


class _Pending:
    """What to write of a room. ``replace``: delete what is stored of it first."""

    __slots__ = ("epoch", "replace", "said")

    def __init__(self) -> None:
        self.replace = False
        self.epoch = ""
        self.said: list[Said] = []


class StoredRooms:
    """A ``RoomStore``. ``complete``: the file has all messages."""

    def __init__(self, connection: sqlite3.Connection, *, complete: bool) -> None:
        self._connection = connection
        self._complete = complete
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._count = 0
        #: Rooms that are stored or about to be; others need no deleting.
        self._stored: set[str] = set()
        self.wake: Callable[[], None]

    def load(self, most: int) -> Iterable[KeptRoom]:
        rooms: list[KeptRoom] = []
        try:
            for name, epoch in self._connection.execute("SELECT name, epoch FROM room ORDER BY ts").fetchall():
                rows = self._connection.execute(
                    "SELECT body FROM said WHERE room = ? ORDER BY seq DESC LIMIT ?", (name, most)
                )
                said = [msgspec.json.decode(body, type=Said) for (body,) in rows]
                rooms.append(KeptRoom(name, epoch if self._complete else None, said[::-1]))
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StateError(f"ticker.db: can't read the rooms: {error}") from error
        self._stored = {room.name for room in rooms}
        return rooms

    def append(self, epoch: str, said: Said) -> None:
        with self._lock:
            pending = self._pending.setdefault(said.room, _Pending())
            pending.epoch = epoch
            pending.said.append(said)
            self._count += 1
            if self._count > MAX_WAITING:
                self._drop_oldest()
        self.wake()

    def _drop_oldest(self) -> None:
        oldest = next(each for each in self._pending.values() if each.said)
        self._count -= len(oldest.said)
        oldest.said.clear()
        oldest.replace = True

    def forget(self, room: str) -> None:
        with self._lock:
            pending = self._pending.pop(room, None)
            if pending is not None:
                self._count -= len(pending.said)
            if room not in self._stored:
                return
            self._pending[room] = _Pending()
            self._pending[room].replace = True
        self.wake()

    def take(self) -> list[Job]:
        with self._lock:
            taken, self._pending, self._count = self._pending, {}, 0
            for name, each in taken.items():
                if each.said:
                    self._stored.add(name)
                else:
                    self._stored.discard(name)
        return [Job(lambda connection: _write(connection, taken))] if taken else []


def _write(connection: sqlite3.Connection, rooms: dict[str, _Pending]) -> None:
    for name, each in rooms.items():
        if each.replace:
            connection.execute("DELETE FROM said WHERE room = ?", (name,))
            connection.execute("DELETE FROM room WHERE name = ?", (name,))
        if each.said:
            last = each.said[-1]
            connection.execute("INSERT OR REPLACE INTO room VALUES (?, ?, ?)", (name, each.epoch, last.ts))
            connection.executemany(
                "INSERT OR REPLACE INTO said VALUES (?, ?, ?)",
                [(name, said.seq, msgspec.json.encode(said)) for said in each.said[-KEPT:]],
            )
            connection.execute("DELETE FROM said WHERE room = ? AND seq <= ?", (name, last.seq - KEPT))

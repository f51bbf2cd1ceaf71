"""Stores rooms and their messages. See ``ticker.rooms.store`` for the guarantees."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Final

import msgspec

from ticker.rooms.room import KEPT
from ticker.rooms.store import KeptRoom
from ticker.server.state.database import place
from ticker.server.state.writer import Job
from ticker.wire.messages import Said

#: Maximum number of messages waiting to be written. Beyond it, the messages of the room that has waited longest are
#: dropped, and the room is written as if it began after them, because a stored room has no gaps.
MAX_WAITING: Final = 10_000


class _Pending:
    """What to write of a room. ``replace``: delete what is stored of it first."""

    __slots__ = ("epoch", "replace", "said", "source")

    def __init__(self) -> None:
        self.replace = False
        self.epoch = ""
        self.source = ""
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
        #: What was read and not loaded yet.
        self._found: list[KeptRoom] = []
        self.wake: Callable[[], None]

    def read(self) -> None:
        """Read and check the stored rooms. Raises what damaged content raises."""
        connection, rooms = self._connection, list[KeptRoom]()
        for name, epoch, source in connection.execute("SELECT name, epoch, source FROM room ORDER BY ts").fetchall():
            with place(f"the room {name!r:.80}"):
                if not all(isinstance(each, str) for each in (name, epoch, source)) or not name:
                    raise ValueError("contradictory values")
                rows = connection.execute("SELECT seq, body FROM said WHERE room = ? ORDER BY seq DESC", (name,))
                rooms.append(KeptRoom(name, epoch if self._complete else None, _messages(name, rows), source))
        self._stored = {room.name for room in rooms}
        self._found = rooms

    def load(self, most: int) -> Iterable[KeptRoom]:
        found, self._found = self._found, []
        return [replace(room, said=room.said[-most:]) for room in found]

    def append(self, epoch: str, said: Said, source: str = "") -> None:
        with self._lock:
            pending = self._pending.setdefault(said.room, _Pending())
            pending.epoch, pending.source = epoch, source
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


def _messages(room: str, rows: Iterable[tuple[object, bytes]]) -> list[Said]:
    """The newest messages, the oldest first, from rows of which the newest is the first."""
    found: list[Said] = []
    for seq, body in islice(rows, KEPT):
        said = msgspec.json.decode(body, type=Said)
        expected = found[-1].seq - 1 if found else said.seq
        if not (said.room == room and said.seq == seq == expected and 0 < expected < 2**63 and 0 <= said.ts < 2**63):
            raise ValueError(f"the message {seq!r:.40}: contradictory values")
        found.append(said)
    return found[::-1]


def _write(connection: sqlite3.Connection, rooms: dict[str, _Pending]) -> None:
    for name, each in rooms.items():
        if each.replace:
            connection.execute("DELETE FROM said WHERE room = ?", (name,))
            connection.execute("DELETE FROM room WHERE name = ?", (name,))
        if each.said:
            last = each.said[-1]
            connection.execute(
                "INSERT OR REPLACE INTO room VALUES (?, ?, ?, ?)", (name, each.epoch, last.ts, each.source)
            )
            connection.executemany(
                "INSERT OR REPLACE INTO said VALUES (?, ?, ?)",
                [(name, said.seq, msgspec.json.encode(said)) for said in each.said[-KEPT:]],
            )
            connection.execute("DELETE FROM said WHERE room = ? AND seq <= ?", (name, last.seq - KEPT))

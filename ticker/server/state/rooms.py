"""Rooms, and what was said in them, in the file. See ``ticker.rooms.store`` for what is promised."""

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

#: So many messages wait at most to be written. Beyond, the room that has waited longest is written as if it began only
#: with what is said from then on: what is kept of a room has no gaps.
WAITING: Final = 10_000


class _Waiting:
    """What is to be written of a room: ``anew``, without what is there; the epoch; the messages."""

    __slots__ = ("anew", "epoch", "said")

    def __init__(self) -> None:
        self.anew = False
        self.epoch = ""
        self.said: list[Said] = []


class StoredRooms:
    """A ``RoomStore``. ``lost`` counts what was said and not kept, because the disk was too slow or failed.

    ``whole``: everything that was said is in the file.
    """

    def __init__(self, connection: sqlite3.Connection, *, whole: bool, waiting: int = WAITING) -> None:
        self._connection = connection
        self._whole = whole
        self._most = waiting
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        self._count = 0
        #: The rooms that are in the file, or on their way there: others need not be deleted.
        self._known: set[str] = set()
        self.lost = 0
        self.wake: Callable[[], None]

    def load(self, most: int) -> Iterable[KeptRoom]:
        found: list[KeptRoom] = []
        try:
            for name, epoch in self._connection.execute("SELECT name, epoch FROM room ORDER BY ts").fetchall():
                rows = self._connection.execute(
                    "SELECT body FROM said WHERE room = ? ORDER BY seq DESC LIMIT ?", (name, most)
                )
                said = [msgspec.json.decode(body, type=Said) for (body,) in rows]
                found.append(KeptRoom(name, epoch if self._whole else None, said[::-1]))
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StateError(f"ticker.db: the rooms can't be read: {error}") from error
        self._known = {room.name for room in found}
        return found

    def append(self, epoch: str, said: Said) -> None:
        with self._lock:
            waiting = self._waiting.setdefault(said.room, _Waiting())
            waiting.epoch = epoch
            waiting.said.append(said)
            self._count += 1
            if self._count > self._most:
                self._lose()
        self.wake()

    def _lose(self) -> None:
        oldest = next(each for each in self._waiting.values() if each.said)
        self._count -= len(oldest.said)
        self.lost += len(oldest.said)
        oldest.said.clear()
        oldest.anew = True

    def forget(self, room: str) -> None:
        with self._lock:
            waiting = self._waiting.pop(room, None)
            if waiting is not None:
                self._count -= len(waiting.said)
            if room not in self._known:
                return
            self._waiting[room] = begun = _Waiting()
            begun.anew = True
        self.wake()

    def take(self) -> list[Job]:
        with self._lock:
            waiting, self._waiting, self._count = self._waiting, {}, 0
            for name, each in waiting.items():
                if each.said:
                    self._known.add(name)
                else:
                    self._known.discard(name)
        return [Job(lambda connection: _write(connection, waiting))] if waiting else []


def _write(connection: sqlite3.Connection, rooms: dict[str, _Waiting]) -> None:
    for name, each in rooms.items():
        if each.anew:
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

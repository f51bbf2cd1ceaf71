"""Webhooks that were not delivered yet, in the file. They get there with what fired, and leave it one by one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable

import msgspec

from ticker.errors import StateError
from ticker.server.core.webhooks import WAITING, Event
from ticker.server.state.writer import Job


class Outbox:
    """What ``ticker.server.core.webhooks`` wants kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._settled: list[str] = []
        self.wake: Callable[[], None]

    def undelivered(self) -> list[Event]:
        """The oldest first."""
        try:
            rows = self._connection.execute("SELECT body FROM webhook ORDER BY place").fetchall()
            return [msgspec.json.decode(body, type=Event) for (body,) in rows]
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StateError(f"ticker.db: the webhooks can't be read: {error}") from error

    def settled(self, event: str) -> None:
        """It was delivered, or never will be."""
        with self._lock:
            self._settled.append(event)
        self.wake()

    def take(self) -> list[Job]:
        with self._lock:
            settled, self._settled = self._settled, []
        return [Job(lambda connection: _remove(connection, settled))] if settled else []


def note(connection: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Put these in, within a transaction. Of more than may wait, the oldest go."""
    rows = [(each.event, msgspec.json.encode(each)) for each in events]
    if rows:
        connection.executemany("INSERT OR IGNORE INTO webhook (id, body) VALUES (?, ?)", rows)
        connection.execute(
            "DELETE FROM webhook WHERE place <= (SELECT place FROM webhook ORDER BY place DESC LIMIT 1 OFFSET ?)",
            (WAITING,),
        )


def _remove(connection: sqlite3.Connection, settled: list[str]) -> None:
    connection.executemany("DELETE FROM webhook WHERE id = ?", [(each,) for each in settled])

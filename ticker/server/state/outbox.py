"""Stores undelivered webhooks. They are inserted together with their fired alert, and deleted one by one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ticker.server.core.webhooks import MAX_WAITING, WebhookEvent
from ticker.server.state.database import place
from ticker.server.state.writer import Job

#: Events stored at most. Those that are dropped beyond ``MAX_WAITING`` are deleted a little later.
MAX_STORED: Final = 2 * MAX_WAITING


class Outbox:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._settled: list[str] = []
        self._found: list[WebhookEvent] = []
        self.wake: Callable[[], None]

    def read(self) -> None:
        """Read and check the stored events. Raises what damaged content raises."""
        with place("the webhooks"):
            rows = self._connection.execute("SELECT id, body FROM webhook ORDER BY place").fetchall()
            self._found = [msgspec.json.decode(body, type=WebhookEvent) for _, body in rows]
            if [each.event for each in self._found] != [event for event, _ in rows]:
                raise ValueError("contradictory values")

    def undelivered(self) -> list[WebhookEvent]:
        """The stored events, the oldest first."""
        found, self._found = self._found, []
        return found

    def settled(self, event: str) -> None:
        """An event was delivered, or never will be."""
        with self._lock:
            self._settled.append(event)
        self.wake()

    def take(self) -> list[Job]:
        with self._lock:
            settled, self._settled = self._settled, []
        return [Job(lambda connection: _delete(connection, settled))] if settled else []


def insert_events(connection: sqlite3.Connection, events: Iterable[WebhookEvent]) -> None:
    """Insert events within a transaction, and delete the oldest beyond ``MAX_STORED``."""
    rows = [(each.event, msgspec.json.encode(each)) for each in events]
    if rows:
        connection.executemany("INSERT OR IGNORE INTO webhook (id, body) VALUES (?, ?)", rows)
        connection.execute(
            "DELETE FROM webhook WHERE place <= (SELECT place FROM webhook ORDER BY place DESC LIMIT 1 OFFSET ?)",
            (MAX_STORED,),
        )


def _delete(connection: sqlite3.Connection, settled: list[str]) -> None:
    connection.executemany("DELETE FROM webhook WHERE id = ?", [(each,) for each in settled])

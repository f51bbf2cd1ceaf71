"""Stores undelivered webhooks. They are inserted together with their fired alert, and deleted one by one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable

import msgspec

from ticker.errors import StateError
from ticker.server.core.webhooks import MAX_WAITING, WebhookEvent
from ticker.server.state.writer import Job


class Outbox:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._settled: list[str] = []
        self.wake: Callable[[], None]

    def undelivered(self) -> list[WebhookEvent]:
        """The stored events, the oldest first."""
        try:
            rows = self._connection.execute("SELECT body FROM webhook ORDER BY place").fetchall()
            return [msgspec.json.decode(body, type=WebhookEvent) for (body,) in rows]
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StateError(f"ticker.db: can't read the webhooks: {error}") from error

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
    """Insert events within a transaction, and delete the oldest beyond ``MAX_WAITING``."""
    rows = [(each.event, msgspec.json.encode(each)) for each in events]
    if rows:
        connection.executemany("INSERT OR IGNORE INTO webhook (id, body) VALUES (?, ?)", rows)
        connection.execute(
            "DELETE FROM webhook WHERE place <= (SELECT place FROM webhook ORDER BY place DESC LIMIT 1 OFFSET ?)",
            (MAX_WAITING,),
        )


def _delete(connection: sqlite3.Connection, settled: list[str]) -> None:
    connection.executemany("DELETE FROM webhook WHERE id = ?", [(each,) for each in settled])

"""Stores alerts and fired alerts. See ``ticker.alerts.store`` for the guarantees."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

import msgspec

from ticker.alerts.store import KEPT, AlertChanges, SavedAlert, SavedOwner
from ticker.errors import StateError
from ticker.server.core.webhooks import event_for
from ticker.server.state.outbox import insert_events
from ticker.server.state.writer import Job
from ticker.wire.messages import Fired, Id


class StoredAlerts:
    """An ``AlertStore``. With ``instance``, fired alerts are stored in the outbox in the same transaction."""

    def __init__(self, connection: sqlite3.Connection, instance: str | None) -> None:
        self._connection = connection
        self._instance = instance
        self._job: Job | None = None
        self.wake: Callable[[], None]

    def load(self) -> Iterable[SavedOwner]:
        owners: dict[str, SavedOwner] = {}

        def of(owner: str) -> SavedOwner:
            return owners.setdefault(owner, SavedOwner(owner=owner, alerts=[], fired=[], delivered=0))

        try:
            for owner, body in self._connection.execute("SELECT owner, body FROM alert ORDER BY place"):
                of(owner).alerts.append(msgspec.json.decode(body, type=SavedAlert))
            for owner, body in self._connection.execute("SELECT owner, body FROM fired ORDER BY owner, seq"):
                of(owner).fired.append(msgspec.json.decode(body, type=Fired))
            for owner, seq in self._connection.execute("SELECT owner, seq FROM delivered"):
                owners[owner] = msgspec.structs.replace(of(owner), delivered=seq)
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StateError(f"ticker.db: can't read the alerts: {error}") from error
        return list(owners.values())

    def write(self, changes: AlertChanges, done: Callable[[], None]) -> None:
        # The caller writes one at a time, so there is no queue.
        assert self._job is None
        self._job = Job(lambda connection: self._write(connection, changes), done)
        self.wake()

    def take(self) -> list[Job]:
        # It was set before ``wake``, and is not set again before its ``done``.
        job, self._job = self._job, None
        return [] if job is None else [job]

    def _write(self, connection: sqlite3.Connection, changes: AlertChanges) -> None:
        for table in ("alert", "fired", "delivered"):
            connection.executemany(f"DELETE FROM {table} WHERE owner = ?", [(each,) for each in changes.forgotten])  # noqa: S608 - our own names
        connection.executemany(
            "DELETE FROM alert WHERE owner = ? AND id = ?", [(owner, _json_id(id_)) for owner, id_ in changes.removed]
        )
        connection.executemany(
            # An existing alert keeps its place.
            "INSERT INTO alert (owner, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (owner, id) DO UPDATE SET body = excluded.body",
            [(each.owner, _json_id(each.id), msgspec.json.encode(each)) for each in changes.alerts],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO fired VALUES (?, ?, ?)",
            [(owner, each.seq, msgspec.json.encode(each)) for owner, each in changes.fired],
        )
        newest = {owner: each.seq for owner, each in changes.fired}
        connection.executemany(
            "DELETE FROM fired WHERE owner = ? AND seq <= ?", [(owner, seq - KEPT) for owner, seq in newest.items()]
        )
        connection.executemany("INSERT OR REPLACE INTO delivered VALUES (?, ?)", list(changes.delivered.items()))
        if self._instance is not None:
            insert_events(connection, [event_for(self._instance, owner, each) for owner, each in changes.fired])


def _json_id(id_: Id) -> str:
    return msgspec.json.encode(id_).decode()

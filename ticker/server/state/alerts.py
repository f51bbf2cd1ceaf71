"""Stores alerts and fired alerts. See ``ticker.alerts.store`` for the guarantees."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable

import msgspec

from ticker.alerts.condition import parse
from ticker.alerts.store import KEPT, AlertChanges, SavedAlert, SavedOwner
from ticker.model import is_symbol
from ticker.server.core.webhooks import event_for
from ticker.server.state.database import place
from ticker.server.state.outbox import insert_events
from ticker.server.state.writer import Job
from ticker.wire.messages import Fired, Id


class StoredAlerts:
    """An ``AlertStore``. With ``instance``, fired alerts are stored in the outbox in the same transaction."""

    def __init__(self, connection: sqlite3.Connection, instance: str | None) -> None:
        self._connection = connection
        self._instance = instance
        self._job: Job | None = None
        self.ran_ns = 0
        #: What was read and not loaded yet.
        self._found: list[SavedOwner] = []
        self.wake: Callable[[], None]

    def read(self) -> None:
        """Read and check the stored alerts. Raises what damaged content raises."""
        owners: dict[str, SavedOwner] = {}
        connection = self._connection

        def of(owner: str) -> SavedOwner:
            return owners.setdefault(owner, SavedOwner(owner=owner, alerts=[], fired=[], delivered=0))

        for owner, id_, body in connection.execute("SELECT owner, id, body FROM alert ORDER BY place"):
            with place(f"the alert {id_!r:.40} of {owner!r:.40}"):
                of(_text(owner)).alerts.append(_alert(owner, id_, body))
        for owner, seq, body in connection.execute("SELECT owner, seq, body FROM fired ORDER BY owner, seq"):
            with place(f"the fired alert {seq!r:.40} of {owner!r:.40}"):
                of(_text(owner)).fired.append(_fired(seq, body))
        for owner, seq in connection.execute("SELECT owner, seq FROM delivered"):
            with place(f"the delivered alerts of {owner!r:.40}"):
                owners[owner] = msgspec.structs.replace(of(_text(owner)), delivered=_number(seq))
        for (ran,) in connection.execute("SELECT value FROM fact WHERE name = 'ran_ns'"):
            with place("the row 'ran_ns' of the table fact"):
                self.ran_ns = _number(int(ran))
        found = connection.execute("SELECT owner, ran_ns, source FROM seen")
        seen: dict[str, tuple[object, object]] = {owner: (ran_ns, source) for owner, ran_ns, source in found}
        for name, each in owners.items():
            with place(f"when {name!r:.40} was seen"):
                # Owners of a file of an earlier version count as seen now.
                ran_ns, source = seen.get(name, (self.ran_ns, ""))
                if not isinstance(source, str):
                    raise ValueError(f"{source!r:.40} is not an address")
                seen_ns = min(self.ran_ns, _number(ran_ns))
            owners[name] = msgspec.structs.replace(each, seen_ns=seen_ns, source=source)
        self._found = list(owners.values())

    def load(self) -> Iterable[SavedOwner]:
        found, self._found = self._found, []
        return found

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
        for table in ("alert", "fired", "delivered", "seen"):
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
        connection.executemany("DELETE FROM fired WHERE owner = ? AND seq <= ?", list(changes.trimmed.items()))
        connection.executemany("INSERT OR REPLACE INTO delivered VALUES (?, ?)", list(changes.delivered.items()))
        connection.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)",
            [(owner, seen_ns, changes.sources.get(owner, "")) for owner, seen_ns in changes.seen_ns.items()],
        )
        if changes.ran_ns:
            connection.execute("INSERT OR REPLACE INTO fact VALUES ('ran_ns', ?)", (str(changes.ran_ns),))
        if self._instance is not None:
            insert_events(connection, [event_for(self._instance, owner, each) for owner, each in changes.fired])


def _json_id(id_: Id) -> str:
    return msgspec.json.encode(id_).decode()


def _alert(owner: str, id_: object, body: bytes) -> SavedAlert:
    found = msgspec.json.decode(body, type=SavedAlert)
    parse(found.when)
    is_its_own = (found.owner, _json_id(found.id)) == (owner, id_) and is_symbol(found.symbol)
    if not is_its_own or not 0 <= found.hysteresis < math.inf or found.side not in (-1, 0, 1):
        raise ValueError("contradictory values")
    _number(found.count)
    return found


def _fired(seq: object, body: bytes) -> Fired:
    found = msgspec.json.decode(body, type=Fired)
    if found.seq != seq or not math.isfinite(found.value):
        raise ValueError("contradictory values")
    _number(found.seq)
    _number(found.ts)
    return found


def _number(value: object) -> int:
    """A number from 0 that fits a column."""
    if not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r:.40} is not a number from 0 to 2^63")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.40} is not a name")
    return value

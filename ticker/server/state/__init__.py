"""What survives a restart, in one SQLite file: alerts, fired alerts, rooms, their messages, undelivered webhooks.

The running process uses the file exclusively. One thread does all writing, so the event loop never waits for a disk.
"""

from __future__ import annotations

from pathlib import Path

from ticker.server.state.alerts import StoredAlerts
from ticker.server.state.database import Database, open_database
from ticker.server.state.outbox import Outbox
from ticker.server.state.rooms import StoredRooms
from ticker.server.state.writer import Writer

__all__ = ["State"]


class State(Writer):
    """The file's stores. ``webhooks``: fired alerts are also stored in the outbox.

    The stores may be read before ``start``, and are written after it.
    Raises ``StateError`` for a folder or file that can't be used.
    """

    def __init__(self, folder: Path, *, webhooks: bool = False) -> None:
        self._webhooks = webhooks
        self.outbox: Outbox
        self.alerts: StoredAlerts
        self.rooms: StoredRooms
        database = open_database(folder, self._read)
        #: Identifies the file: sequence numbers continue as long as it exists.
        self.instance = database.instance
        super().__init__(database, [self.alerts, self.rooms, self.outbox])

    def _read(self, database: Database) -> None:
        """Read everything before the file is changed: a damaged one stays as it is."""
        connection = database.connection
        self.outbox = Outbox(connection)
        self.alerts = StoredAlerts(connection, database.instance if self._webhooks else None)
        self.rooms = StoredRooms(connection, complete=database.complete)
        self.outbox.read()
        self.alerts.read()
        self.rooms.read()

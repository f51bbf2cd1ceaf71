"""What outlives the server, in one SQLite file: alerts and what fired, rooms and what was said, webhooks to be sent.

The file is this process's alone while it runs, and everything is written by one thread of its own: the event loop hands
over what is to be kept and never waits for a disk.
"""

from __future__ import annotations

from pathlib import Path

from ticker.server.state.alerts import StoredAlerts
from ticker.server.state.database import opened
from ticker.server.state.outbox import Outbox
from ticker.server.state.rooms import StoredRooms
from ticker.server.state.writer import Writer

__all__ = ["State"]


class State:
    """The file's stores. ``webhooks``: whether what fires is also to be noted for the outbox.

    Everything may be read as soon as this is made, and is written once ``start`` was called.
    Raises ``StateError`` for a folder or a file that can't be used.
    """

    def __init__(self, folder: Path, *, webhooks: bool = False) -> None:
        database = opened(folder)
        connection = database.connection
        self.outbox = Outbox(connection)
        self.alerts = StoredAlerts(connection, database.instance if webhooks else None)
        self.rooms = StoredRooms(connection, whole=database.whole)
        #: Which file it is: as long as it is there, what is numbered goes on.
        self.instance = database.instance
        self._writer = Writer(database, [self.alerts, self.rooms, self.outbox])

    def start(self) -> None:
        """Begin to write, and to tell the running event loop what has been written."""
        self._writer.start()

    async def close(self, within_s: float) -> None:
        """Write what is to be written yet, as far as that goes in time, and let go of the file."""
        await self._writer.close(within_s)

    def problems(self) -> list[str]:
        """What is wrong, in words."""
        return self._writer.problems()

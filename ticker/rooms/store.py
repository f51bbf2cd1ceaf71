"""Storage of rooms: the interface. Without a store, rooms are lost when the server stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ticker.wire.messages import Said


@dataclass(frozen=True, slots=True)
class KeptRoom:
    """A stored room. ``said`` has the newest messages, oldest first, numbered without a gap.

    ``epoch`` is the epoch of the numbers. None means that later messages may be missing because the process was killed
    before it had written them. Clients may then know numbers that will be used again, so the room gets a new epoch.
    """

    name: str
    epoch: str | None
    said: list[Said]
    #: What the room counts towards: see ``Session.source``.
    source: str = ""


class RoomStore(Protocol):
    """Stores the newest messages of each room. Called on the event loop; must not block.

    A protocol because the implementation, in ``ticker.server.state``, is above this package.

    Only ``load`` may raise; it is called once, first.
    """

    def load(self, most: int) -> Iterable[KeptRoom]:
        """All rooms with at most ``most`` messages each, the most recently used room last."""
        ...

    def append(self, epoch: str, said: Said, source: str = "") -> None:
        """Store a message of the room ``said.room``. A new ``epoch`` or ``source`` applies to the whole room."""

    def forget(self, room: str) -> None:
        """Delete the room with its messages. A later ``append`` creates a new room."""

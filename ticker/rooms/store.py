"""Where what was said outlives the server: a port. Without one, rooms live as long as the process does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ticker.wire.messages import Said


@dataclass(frozen=True, slots=True)
class KeptRoom:
    """A room as it was left. ``said``: the newest, the oldest of them first, and their numbers without a gap.

    ``epoch`` is what the numbers count in. None: something that was said after these may be missing, because the
    process was killed before it was written. Then clients may know numbers that will be given once more, so that
    the room gets another epoch.
    """

    name: str
    epoch: str | None
    said: list[Said]


class RoomStore(Protocol):
    """Keeps the newest of each room. Called on the event loop: what has to wait for a disk is to happen elsewhere.

    Nothing here may raise but ``load``, which is called once, before all else.
    """

    def load(self, most: int) -> Iterable[KeptRoom]:
        """All rooms, at most so many messages of each. Those last spoken in come last."""
        ...

    def append(self, epoch: str, said: Said) -> None:
        """Something was said in ``said.room``, whose numbers count in ``epoch`` (all of its numbers, if it changed)."""

    def forget(self, room: str) -> None:
        """The room and all that was said in it are gone. What is appended later begins another."""

"""The rooms that one client is in, and how far it has heard what was said there.

What is said in a room is numbered, and a new connection says from which number on it wants to hear; so each thing comes
exactly once, whatever broke. This module knows no socket and no clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ticker.wire.messages import Join, Joined, Leave, Present, Said, Since

#: As much as a server keeps of a room.
_KEPT: Final = 200


class Room:
    """A room that the user wants to be in. ``called`` is the name that the user goes by, if one was given."""

    __slots__ = ("called", "epoch", "heard", "known", "names", "seq")

    def __init__(self, called: str | None) -> None:
        self.called = called
        self.names: list[str] = []
        self.epoch = ""
        #: The number of the last thing said that came; None before the first.
        self.seq: int | None = None
        #: The last things said that came, each as a hash; and those from before the numbers began anew, which may come
        #: again: a server that was killed keeps what was said, but can't tell whether its last numbers were taken.
        self.heard: deque[int] = deque(maxlen=_KEPT)
        self.known: set[int] = set()


class Rooms:
    """By name, those that the user wants to be in: a new connection joins them again."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __contains__(self, room: object) -> bool:
        return room in self._rooms

    def names(self) -> dict[str, list[str]]:
        """Who is in which, as far as was told."""
        return {name: list(room.names) for name, room in self._rooms.items()}

    # Asking

    def join(self, room: str, called: str | None, otherwise: str = "") -> Join:
        """``otherwise`` is how the user is called who gives no name and gave none before."""
        known = self._rooms.get(room)
        if known is None:
            return Join(room=room, name=called or otherwise)
        return Join(room=room, name=called or known.called, since=_since(known))

    def leave(self, room: str) -> Leave:
        """Out at once, whatever is under way."""
        self._rooms.pop(room, None)
        return Leave(room=room)

    # A connection

    def connected(self) -> list[Join]:
        """What to ask of a new connection."""
        return [self.join(name, None) for name in self._rooms]

    def joined(self, message: Joined, asked: Join, *, opening: bool) -> Present | Leave | None:
        """The user is in a room. Who is there, if that is news; or that the user has left it meanwhile."""
        room = self._rooms.get(message.room)
        if room is None:
            if opening:
                return Leave(room=message.room)
            room = self._rooms[message.room] = Room(None)
        room.called = asked.name
        if message.epoch != room.epoch:
            # Its numbers began anew. Where there is nothing before, it is known what the next number is.
            room.epoch, room.seq = message.epoch, None if message.seq else 0
            room.known = set(room.heard)
        known, room.names = room.names, list(message.names)
        return Present(room=message.room, names=room.names) if opening and room.names != known else None

    def said(self, message: Said) -> bool:
        """Whether this is news."""
        room = self._rooms.get(message.room)
        if room is None or (room.seq is not None and message.seq <= room.seq):
            return False
        room.seq = message.seq
        mark = hash((message.ts, message.sender, message.text))
        if mark in room.known:
            return False
        room.heard.append(mark)
        return True

    def present(self, message: Present) -> bool:
        """Whether this is news."""
        room = self._rooms.get(message.room)
        if room is None:
            return False
        room.names = list(message.names)
        return True


def _since(room: Room) -> Since | None:
    return None if room.seq is None else Since(epoch=room.epoch, version=room.seq)

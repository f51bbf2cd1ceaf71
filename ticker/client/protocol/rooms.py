"""The rooms that one client has joined, and the last message it received in each.

Messages are numbered per room, and a new connection resumes from the last number, so each is delivered exactly once.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ticker.wire.messages import Join, Joined, Leave, Present, Said, Since

#: Number of messages that a server keeps per room.
_KEPT: Final = 200


class Room:
    """A joined room. ``called`` is the user's name there, if one was given."""

    __slots__ = ("called", "epoch", "heard", "known", "names", "seq")

    def __init__(self, called: str | None) -> None:
        self.called = called
        self.names: list[str] = []
        self.epoch = ""
        #: The number of the last message; None before the first.
        self.seq: int | None = None
        #: Hashes of the last messages, and of those from before the server restarted its numbers. These may be sent
        #: again: a server that was killed keeps the messages, but doesn't know whether its last numbers were sent.
        self.heard: deque[int] = deque(maxlen=_KEPT)
        self.known: set[int] = set()


class Rooms:
    """The joined rooms by name. A new connection joins them again."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __contains__(self, room: object) -> bool:
        return room in self._rooms

    def names(self) -> dict[str, list[str]]:
        """The members of each room."""
        return {name: list(room.names) for name, room in self._rooms.items()}

    # Requests

    def join(self, room: str, called: str | None, otherwise: str = "") -> Join:
        """``otherwise`` is the name if none is given now or was before."""
        known = self._rooms.get(room)
        if known is None:
            return Join(room=room, name=called or otherwise)
        return Join(room=room, name=called or known.called, since=_since(known))

    def leave(self, room: str) -> Leave:
        """Leave at once, without waiting for the answer."""
        self._rooms.pop(room, None)
        return Leave(room=room)

    # Connections

    def connected(self) -> list[Join]:
        """The requests for a new connection."""
        return [self.join(name, None) for name in self._rooms]

    def joined(self, message: Joined, request: Join, *, opening: bool) -> Present | Leave | None:
        """The room was joined. Returns its members if they changed, or a ``Leave`` if the user has left it since."""
        room = self._rooms.get(message.room)
        if room is None:
            if opening:
                return Leave(room=message.room)
            room = self._rooms[message.room] = Room(None)
        room.called = request.name
        if message.epoch != room.epoch:
            # Its numbers restart. If there are no messages yet, the next number is known.
            room.epoch, room.seq = message.epoch, None if message.seq else 0
            room.known = set(room.heard)
        known, room.names = room.names, list(message.names)
        return Present(room=message.room, names=room.names) if opening and room.names != known else None

    def said(self, message: Said) -> bool:
        """Whether this is new."""
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
        """Whether this is new."""
        room = self._rooms.get(message.room)
        if room is None:
            return False
        room.names = list(message.names)
        return True


def _since(room: Room) -> Since | None:
    return None if room.seq is None else Since(epoch=room.epoch, version=room.seq)

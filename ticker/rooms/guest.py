"""A client in the chat: the rooms that it is in, and how much it may say."""

from __future__ import annotations

from ticker.rooms.room import Room
from ticker.token_bucket import TokenBucket


class Guest:
    """Lives as long as its connection, so that leaving all rooms and coming back does not restore what it may say."""

    __slots__ = ("bucket", "rooms")

    def __init__(self, says_per_minute: int) -> None:
        self.rooms: dict[str, Room] = {}
        #: In nanoseconds. A third of a minute's messages may be said at once.
        self.bucket = TokenBucket(says_per_minute, 60e9, max(1.0, says_per_minute / 3))

"""One client as the desk knows it: the rooms that it is in, and how much it may say."""

from __future__ import annotations

from ticker.rooms.room import Room


class Guest:
    """There as long as its connection: whoever leaves all rooms and comes back may not say more for that."""

    __slots__ = ("_says", "_ts", "rooms")

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        #: How much it may say at ``_ts``; None: it hasn't said anything yet.
        self._says = 0.0
        self._ts: int | None = None

    def may_say(self, per_minute: int, ts: int) -> bool:
        """Whether it may say something now, which then counts. A third of a minute's may come at once."""
        most = max(1.0, per_minute / 3)
        if self._ts is None:
            self._says = most
        else:
            # A clock that was put back gives nothing, and takes nothing.
            self._says = min(most, self._says + max(0, ts - self._ts) * per_minute / 60e9)
        self._ts = ts
        if self._says < 1:
            return False
        self._says -= 1
        return True

"""What isn't prices on its way to the user: a queue with a bound, and a count of what was lost.

This module knows no socket, no encoding and no clock, and not which of these were wanted.
"""

from __future__ import annotations

from collections import deque

import msgspec

from ticker.wire.messages import Fired, Notice, Present, Said

#: What isn't prices: an alert fired, the server's operator said something, somebody in a room did, or came or went.
Event = Fired | Notice | Said | Present

#: So many wait for the user: the last 200 of as many rooms as one may be in, and then some.
BOUND = 5_000


class EventQueue:
    """Events in the order in which they came.

    When the queue is full the oldest goes, for the newest are worth the most; the next of its kind (of its room, where
    it was said in one) carries the count.
    """

    channel = "events"

    def __init__(self, bound: int = BOUND) -> None:
        #: All that was lost, by the wire's name of the kind: `alert`, `notice`, `said`, `present`.
        self.lost: dict[str, int] = {}
        #: The sum of them.
        self.lost_in_all = 0
        self._bound = bound
        self._items: deque[Event] = deque()
        # Dropped here before the next one of the kind and the room to go out.
        self._before_next: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, event: Event) -> None:
        if isinstance(event, Fired | Said) and event.lost:
            self._count(event, event.lost)  # told by the server
        self._items.append(event)
        if len(self._items) > self._bound:
            dropped = self._items.popleft()
            self._count(dropped, 1)
            if isinstance(dropped, Fired | Said):
                # What was lost before the dropped one is lost before its successor too; it is in the total already.
                key = _kind(dropped)
                self._before_next[key] = self._before_next.get(key, 0) + 1 + dropped.lost

    def _count(self, event: Event, count: int) -> None:
        kind, _ = _kind(event)
        self.lost[kind] = self.lost.get(kind, 0) + count
        self.lost_in_all += count

    def take(self) -> Event | None:
        """The oldest event, or None."""
        if not self._items:
            return None
        event = self._items.popleft()
        if self._before_next and isinstance(event, Fired | Said):
            dropped = self._before_next.pop(_kind(event), 0)
            if dropped:
                return msgspec.structs.replace(event, lost=event.lost + dropped)
        return event


def _kind(event: Event) -> tuple[str, str]:
    return str(event.__struct_config__.tag), event.room if isinstance(event, Said) else ""

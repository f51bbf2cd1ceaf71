"""Alerts that fired, operator's notices, and what happens in rooms, on their way to the user."""

from __future__ import annotations

from ticker.client.protocol.bounded_queue import BoundedQueue
from ticker.wire.messages import Fired, Notice, Present, Said

#: An alert fired, the operator sent a notice, a user spoke in a room, or a room's members changed.
Event = Fired | Notice | Said | Present

#: More than the last 200 messages of as many rooms as a client may join.
BOUND = 5_000


class EventQueue(BoundedQueue[Event]):
    """Losses are counted by the wire's name of the kind: ``alert``, ``notice``, ``said``, ``present``."""

    def __init__(self, bound: int = BOUND) -> None:
        super().__init__("events", bound)

    def key(self, item: Event) -> tuple[str, str]:
        return str(item.__struct_config__.tag), item.room if isinstance(item, Said) else ""

    def put(self, item: Event) -> None:
        if isinstance(item, Fired | Said) and item.lost:
            self.count(self.key(item)[0], item.lost)
        super().put(item)

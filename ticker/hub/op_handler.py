"""The interface of what handles messages other than prices: alerts, rooms, notices.

The hub passes a message to the handler of its type. Like the hub, a handler holds no socket and no clock, and its
methods don't wait. The product has three implementations.
"""

from __future__ import annotations

from typing import Protocol

from ticker.hub.session import Session
from ticker.wire.messages import DeskMessage


class OpHandler(Protocol):
    """Handles messages of some types."""

    @property
    def answers(self) -> tuple[type[DeskMessage], ...]:
        """The types that it handles."""
        ...

    def enter(self, session: Session) -> None:
        """A client has connected and got its welcome. What waited for its owner can be sent."""

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:
        """Handle a message and send the answer. ``ts`` is the time (ns).

        Raises ``ProtocolError``; then nothing has changed.
        """

    def leave(self, session: Session) -> None:
        """A client has disconnected. What was kept for its connection must be removed."""

    @property
    def waiting(self) -> bool:
        """Whether ``poll`` has something to send to a client that was not ready."""
        ...

    def poll(self, ts: int) -> None:
        """Continue with clients that have become ready. Called every few milliseconds while ``waiting``."""

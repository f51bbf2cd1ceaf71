"""What answers a client about anything but prices: alerts, rooms.

The hub hands a message to the desk that is for it, and knows no more of it. A desk's users are sessions; like the hub
it holds no socket and no clock, and never waits.
"""

from __future__ import annotations

from typing import Protocol

from ticker.hub.session import Session
from ticker.wire.messages import DeskMessage


class OpHandler(Protocol):
    """Answers the messages of some types."""

    @property
    def answers(self) -> tuple[type[DeskMessage], ...]:
        """These types."""
        ...

    def enter(self, session: Session) -> None:
        """A client has come, and was welcomed: what waited for whose it is can be told."""

    def receive(self, session: Session, message: DeskMessage, ts: int) -> None:
        """Do what a client wishes, and tell it. ``ts`` is the clock (ns).

        Raises ``ProtocolError``; then nothing has changed.
        """

    def leave(self, session: Session) -> None:
        """A client is gone, and so is what was kept for its connection."""

    @property
    def waiting(self) -> bool:
        """Whether some client lacks something that ``poll`` would send."""
        ...

    def poll(self, ts: int) -> None:
        """Go on with those that have become ready. Called every few milliseconds while ``waiting``."""

"""One client's side of all that isn't prices: its alerts, its rooms, and the events that come of them.

Like the protocol, whose part it is, it outlives connections and knows no socket and no clock.
"""

from __future__ import annotations

import logging

from ticker.client.protocol.event_queue import EventQueue
from ticker.client.protocol.own_alerts import OwnAlerts
from ticker.client.protocol.rooms import Rooms
from ticker.wire.messages import (
    Alert,
    AlertList,
    Alerts,
    ClientMessage,
    DeskMessage,
    Error,
    Fired,
    Join,
    Joined,
    Leave,
    Left,
    Notice,
    Present,
    Said,
    Unalert,
)

log = logging.getLogger("ticker.client")

DeskAnswer = AlertList | Fired | Notice | Joined | Said | Present | Left


class DeskState:
    """What one client wants and has besides prices. ``name`` stands in its log lines."""

    def __init__(self, owner: str | None, name: str) -> None:
        self.alerts = OwnAlerts(owner, name)
        self.rooms = Rooms()
        self.events = EventQueue()
        #: Whether the user wants to see events.
        self.listening = False
        self._name = name

    def connected(self, *, same_epoch: bool) -> list[DeskMessage]:
        """What to ask of a new connection."""
        return [*self.alerts.connected(same_epoch=same_epoch), *self.rooms.connected()]

    def disconnected(self) -> None:
        self.alerts.disconnected()

    def receive(self, message: DeskAnswer, asked: ClientMessage | None, *, opening: bool) -> list[DeskMessage]:
        """Take a message in, which may be the answer to what was ``asked``; what to ask because of it.

        ``opening``: it was asked at the connection's beginning.
        """
        if isinstance(message, Fired):
            news = self.alerts.fired(message)
        elif isinstance(message, Said):
            news = self.rooms.said(message)
        elif isinstance(message, Present):
            news = self.rooms.present(message)
        elif isinstance(message, Notice):
            news = True
        elif isinstance(message, AlertList):
            about = asked if isinstance(asked, Alert | Alerts | Unalert) else None
            return [*self.alerts.told(message, about, opening=opening)]
        else:
            return self._moved(message, asked, opening=opening)
        if news:
            self.events.put(message)
        return []

    def _moved(self, message: Joined | Left, asked: ClientMessage | None, *, opening: bool) -> list[DeskMessage]:
        if isinstance(message, Joined) and isinstance(asked, Join):
            found = self.rooms.joined(message, asked, opening=opening)
            if isinstance(found, Leave):
                return [found]
            if found is not None:
                self.events.put(found)
        return []

    def refused(self, asked: DeskMessage, error: Error) -> None:
        """What was asked at the connection's beginning is not to be had; prices, and the rest, come all the same."""
        what = "the alerts"
        if isinstance(asked, Join):
            what = f"the room {asked.room}"  # stays wanted: the next connection asks again
        elif isinstance(asked, Alert | Alerts | Unalert):
            what = f"the alert {asked.id}" if isinstance(asked, Alert) else what
            self.alerts.refused(asked)
        log.warning("%s: the server refuses %s: %s: %s", self._name, what, error.code, error.message)

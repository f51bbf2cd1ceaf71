"""The state of everything except prices: alerts, rooms and events. It outlives connections."""

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


class DeskState:
    """``name`` appears in log lines."""

    def __init__(self, owner: str | None, name: str) -> None:
        self.alerts = OwnAlerts(owner, name)
        self.rooms = Rooms()
        self.events = EventQueue()
        #: Whether the user iterates over events.
        self.listening = False
        self._name = name

    def connected(self, *, same_epoch: bool) -> list[DeskMessage]:
        """The requests for a new connection."""
        return [*self.alerts.connected(same_epoch=same_epoch), *self.rooms.connected()]

    def receive(
        self,
        message: AlertList | Fired | Notice | Joined | Said | Present | Left,
        request: ClientMessage | None,
        *,
        opening: bool,
    ) -> list[DeskMessage]:
        """Process a message, which may be the answer to ``request``. Returns the requests that it causes.

        ``opening``: ``request`` was one of the connection's first requests.
        """
        event: Fired | Notice | Said | Present | None = None
        if isinstance(message, AlertList):
            about = request if isinstance(request, Alert | Alerts | Unalert) else None
            return [*self.alerts.listed(message, about, opening=opening)]
        if isinstance(message, Joined):
            found = self.rooms.joined(message, request, opening=opening) if isinstance(request, Join) else None
            if isinstance(found, Leave):
                return [found]
            event = found
        elif isinstance(message, Fired):
            event = message if self.alerts.fired(message) else None
        elif isinstance(message, Said):
            event = message if self.rooms.said(message) else None
        elif isinstance(message, Present):
            event = message if self.rooms.present(message) else None
        elif isinstance(message, Notice):
            event = message
        elif not isinstance(request, Leave) and message.room in self.rooms:
            # Not an answer. The next connection must not join again and so create the room anew.
            self.rooms.leave(message.room)
            log.warning("%s: the operator has removed the room %s", self._name, message.room)
        if event is not None:
            self.events.put(event)
        return []

    def refused(self, request: DeskMessage, error: Error) -> None:
        """The server refused a first request of the connection. Prices and the other requests are unaffected."""
        what = "the alerts"
        if isinstance(request, Join):
            what = f"the room {request.room}"  # the next connection tries again
        elif isinstance(request, Alert | Alerts | Unalert):
            what = f"the alert {request.id}" if isinstance(request, Alert) else what
            self.alerts.refused(request)
        log.warning("%s: the server refused %s: %s: %s", self._name, what, error.code, error.message)

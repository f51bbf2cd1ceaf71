"""One owner's alerts as one client knows them: those that it set, and the last that fired.

Fired alerts are numbered, and a new connection resumes from the last number, so each is delivered exactly once.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import msgspec

from ticker.client.protocol.watchlist import shortened
from ticker.wire.messages import Alert, AlertList, AlertRow, Alerts, Fired, Id, Unalert

log = logging.getLogger("ticker.client")


class _Set(NamedTuple):
    """An alert that this client set; ``seq`` is the number of the last alert that had fired before."""

    alert: Alert
    seq: int


class OwnAlerts:
    """``owner`` is sent to a server without authentication; ``name`` appears in log lines."""

    def __init__(self, owner: str | None, name: str) -> None:
        self.owner = owner
        #: Whether the next connection asks for the alerts.
        self.claimed = owner is not None
        self._name = name
        #: The alerts as last listed on this connection, or None.
        self._rows: dict[Id, AlertRow] | None = None
        #: Alerts that this client set and that may still fire.
        self._set: dict[Id, _Set] = {}
        #: The number of the last fired alert in the last list.
        self._told = 0
        #: The number of the last fired alert that arrived; before the first, the one in the first list.
        self._seq: int | None = None
        #: The next fired alert shows where the server really resumes.
        self._joining = True
        #: Whether a resume is unanswered: what arrives before the answer is repeated after it.
        self._awaiting = False
        #: Whether the server may be another one than the alerts were set on.
        self._elsewhere = False

    # Requests

    def alert(self, message: Alert) -> Alert:
        self.claimed = True
        return msgspec.structs.replace(message, owner=self.owner)

    def alerts(self) -> Alerts:
        self.claimed = True
        return Alerts(owner=self.owner)

    def unalert(self, id: Id) -> Unalert:  # noqa: A002 - the wire's name
        self.claimed = True
        return Unalert(id=id, owner=self.owner)

    def found(self, message: Alert) -> AlertRow | None:
        """This alert, if it is in the last list: then the server has set it."""
        row = (self._rows or {}).get(message.id) if message.id is not None else None
        if row is None or (row.symbol, row.once) != (message.symbol, message.once):
            return None
        if row.when.split() != message.when.split():
            return None
        self._note(message, row)
        return row

    def is_gone(self, id: Id) -> bool:  # noqa: A002 - the wire's name
        """Whether the last list doesn't have this alert (``*``: is empty)."""
        return self._rows is not None and (not self._rows if id == "*" else id not in self._rows)

    # Connections

    def connected(self, *, same_epoch: bool) -> list[Alerts]:
        """The requests for a new connection."""
        self._elsewhere |= not same_epoch
        if not self.claimed:
            return []
        self._awaiting = self._seq is not None
        return [Alerts(owner=self.owner, since=self._seq)]

    def disconnected(self) -> None:
        self._awaiting = False
        self._rows = None

    def listed(self, message: AlertList, request: Alert | Alerts | Unalert | None, *, opening: bool) -> list[Alert]:
        """The server listed all alerts. Returns those to set again."""
        rows = self._rows = {row.id: row for row in message.alerts}
        self._told = message.seq
        if self._seq is None:
            self._seq, self._joining = message.seq, True
        elif isinstance(request, Alerts) and self._awaiting:
            self._awaiting = False
            if message.seq < self._seq:
                self._seq = 0  # it starts counting at 1, and sends all it has
        if isinstance(request, Alert) and request.id in rows:
            self._note(request, rows[request.id])
        for row in message.alerts:
            if row.state == "fired":
                self._set.pop(row.id, None)
        gone = [id_ for id_ in self._set if id_ not in rows]
        if opening and self._elsewhere:
            # They are kept until they are set again, which another broken connection may prevent.
            self._elsewhere = bool(gone)
            again = [self._set[id_].alert for id_ in gone] if isinstance(request, Alerts) else []
            if again:
                ids = shortened(str(each.id) for each in again)
                log.warning("%s: the server lost the alerts %s; setting them again", self._name, ids)
            return again
        for id_ in gone:
            del self._set[id_]  # removed by this client or another
        return []

    def _note(self, message: Alert, row: AlertRow) -> None:
        """This alert has been set. Its condition is kept as the server spells it, to recognise it in later lists."""
        if row.state != "fired":
            self._set[row.id] = _Set(msgspec.structs.replace(message, when=row.when), self._told)

    def refused(self, request: Alert | Alerts | Unalert) -> None:
        """The server refused a first request of the connection."""
        if isinstance(request, Alerts):
            self._awaiting = False  # there will be no resume
        elif request.id is not None:
            self._set.pop(request.id, None)

    def fired(self, message: Fired) -> bool:
        """Whether this is new."""
        if self._awaiting or not (self._joining or self._seq is None or message.seq > self._seq):
            return False
        self.claimed = True
        self._seq, self._joining = message.seq, False
        mine = self._set.get(message.id)
        if mine is not None and mine.alert.once and message.seq > mine.seq:
            del self._set[message.id]
        return True

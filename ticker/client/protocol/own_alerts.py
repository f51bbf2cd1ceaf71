"""One owner's alerts, as one client knows them: which it has set, and how far it has heard what fired.

What fired is numbered, and a new connection says from which number on it wants to hear; so each comes exactly once,
whatever broke. This module knows no socket and no clock.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import msgspec

from ticker.client.protocol.watchlist import listed
from ticker.wire.messages import Alert, AlertList, AlertRow, Alerts, Fired, Id, Unalert

log = logging.getLogger("ticker.client")


class _Set(NamedTuple):
    """An alert that was set, when ``seq`` was the number of the last that had fired: what fires by it comes later."""

    alert: Alert
    seq: int


class OwnAlerts:
    """``owner`` is whose they are, where the server doesn't know; ``name`` stands in the log lines."""

    def __init__(self, owner: str | None, name: str) -> None:
        self.owner = owner
        #: Whether the next connection is to ask for them.
        self.claimed = owner is not None
        self._name = name
        #: As the server told them on this connection, if it has.
        self._rows: dict[Id, AlertRow] | None = None
        #: Those that were set here and may still fire.
        self._set: dict[Id, _Set] = {}
        #: The number of the last that had fired when the server last told all alerts.
        self._told = 0
        #: The number of the last that fired and came; where none came yet, what the server said it was.
        self._seq: int | None = None
        #: The next one to come says where the server really goes on.
        self._joining = True
        #: What comes before the answer to where to go on is repeated after it.
        self._awaiting = False
        #: Whether the server may be another than the one that the alerts were set at.
        self._elsewhere = False

    # Asking

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
        """This alert, if the server has it, as far as this connection was told. Then it has been set."""
        row = (self._rows or {}).get(message.id) if message.id is not None else None
        if row is None or (row.symbol, row.once) != (message.symbol, message.once):
            return None
        if row.when.split() != message.when.split():
            return None
        self._note(message, row)
        return row

    def is_gone(self, id: Id) -> bool:  # noqa: A002 - the wire's name
        """Whether the server has this alert no more (``*``: none at all), as far as this connection was told."""
        return self._rows is not None and (not self._rows if id == "*" else id not in self._rows)

    # A connection

    def connected(self, *, same_epoch: bool) -> list[Alerts]:
        """What to ask of a new connection."""
        self._elsewhere |= not same_epoch
        if not self.claimed:
            return []
        self._awaiting = self._seq is not None
        return [Alerts(owner=self.owner, since=self._seq)]

    def disconnected(self) -> None:
        self._awaiting = False
        self._rows = None

    def told(self, message: AlertList, asked: Alert | Alerts | Unalert | None, *, opening: bool) -> list[Alert]:
        """The server told all alerts; which to set again."""
        rows = self._rows = {row.id: row for row in message.alerts}
        self._told = message.seq
        if self._seq is None:
            self._seq, self._joining = message.seq, True
        elif isinstance(asked, Alerts) and self._awaiting:
            self._awaiting = False
            if message.seq < self._seq:
                self._seq = 0  # it counts anew, and gives all it has
        if isinstance(asked, Alert) and asked.id in rows:
            self._note(asked, rows[asked.id])
        for row in message.alerts:
            if row.state == "fired":
                self._set.pop(row.id, None)
        gone = [id_ for id_ in self._set if id_ not in rows]
        if opening and self._elsewhere:
            # Until they are set again, which another break may keep them from, they are not forgotten.
            self._elsewhere = bool(gone)
            again = [self._set[id_].alert for id_ in gone] if isinstance(asked, Alerts) else []
            if again:
                ids = listed(str(each.id) for each in again)
                log.warning("%s: the server has forgotten the alerts %s; setting them again", self._name, ids)
            return again
        for id_ in gone:
            del self._set[id_]  # removed, here or by another client of the owner's
        return []

    def _note(self, message: Alert, row: AlertRow) -> None:
        """This alert has been set. It is kept as the server words it: so it is known again when it fires."""
        if row.state != "fired":
            self._set[row.id] = _Set(msgspec.structs.replace(message, when=row.when), self._told)

    def refused(self, asked: Alert | Alerts | Unalert) -> None:
        """What was asked at the connection's beginning can't be done."""
        if isinstance(asked, Alerts):
            self._awaiting = False  # where to go on isn't told: what comes, comes
        elif asked.id is not None:
            self._set.pop(asked.id, None)

    def fired(self, message: Fired) -> bool:
        """Whether this is news."""
        if self._awaiting or not (self._joining or self._seq is None or message.seq > self._seq):
            return False
        self.claimed = True
        self._seq, self._joining = message.seq, False
        mine = self._set.get(message.id)
        if mine is not None and mine.alert.once and message.seq > mine.seq:
            del self._set[message.id]
        return True

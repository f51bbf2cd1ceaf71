"""Carries what the user says to the server and brings the answer: alerts, rooms, pings.

What is known of them is the desk's job; here it is decided what happens to a wish when the connection breaks before it
is answered. What may be done twice is asked again; what may not is found out about, or told as unknown.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from ticker.client.protocol.desk_state import DeskState
from ticker.client.protocol.pending import OWN
from ticker.client.supervisor import Supervisor
from ticker.errors import ProtocolError, StreamError
from ticker.wire.messages import Alert, AlertList, AlertRow, Alerts, Id, Joined, Left, Ping, Pong, Said, Say, Unalert

#: How one is called in rooms who gave no name, where the server doesn't know one.
DEFAULT_NAME = "python"


class DeskRequests:
    """One client's wishes, one after the other. ``new_id`` makes up the id of an alert that was given none."""

    def __init__(
        self,
        supervisor: Supervisor,
        desk: DeskState,
        lock: threading.Lock,
        new_id: Callable[[], str] = lambda: os.urandom(8).hex(),
    ) -> None:
        self._supervisor = supervisor
        self._desk = desk
        self._lock = lock
        self._new_id = new_id
        #: Held by whoever asks something: an alert's answer is known by the alert's id, whoever asked.
        self._turn = asyncio.Lock()

    # Alerts

    async def alert(self, symbol: str, when: str, id_: Id | None, *, once: bool, hysteresis: float | None) -> AlertRow:
        if id_ is None:
            id_ = self._new_id()
        message = Alert(id=_named(id_), symbol=symbol, when=when, once=once, hysteresis=hysteresis)
        alerts = self._desk.alerts
        async with self._turn:
            while True:
                with self._lock:
                    asked = alerts.alert(message)
                answer = await self._about_alerts(asked, again=False)
                if answer is None:
                    # It may have been set before the connection broke, and have fired since: setting it again would
                    # let it fire again. The next connection is told what there is.
                    await self._supervisor.lives()
                    with self._lock:
                        found = alerts.found(asked)
                    if found is not None:
                        return found
                    continue
                for row in answer.alerts:
                    if row.id == id_:
                        return row
                raise StreamError(f"the server doesn't list the alert {id_!r} that it has set")

    async def alerts(self) -> list[AlertRow]:
        async with self._turn:
            with self._lock:
                asked = self._desk.alerts.alerts()
            answer = await self._about_alerts(asked)
        assert answer is not None
        return answer.alerts

    async def unalert(self, id_: Id) -> None:
        async with self._turn:
            with self._lock:
                asked = self._desk.alerts.unalert(_named(id_))
            while await self._about_alerts(asked, again=False) is None:
                # It may have been removed before the connection broke.
                await self._supervisor.lives()
                with self._lock:
                    if self._desk.alerts.is_gone(id_):
                        return

    async def claim(self) -> None:
        """Have the server say where the alerts are, so that what fires from now on is not missed over a break."""
        async with self._turn:
            with self._lock:
                asked = self._desk.alerts.alerts()
            with suppress(ProtocolError):  # a server without alerts: nothing of theirs will come
                await self._supervisor.request(asked, AlertList, insist=False)

    async def _about_alerts(self, message: Alert | Alerts | Unalert, *, again: bool = True) -> AlertList | None:
        try:
            return await self._supervisor.request(message, AlertList, insist=True, again=again)
        except ProtocolError as error:
            if error.code != "no-owner" or self._desk.alerts.owner is not None:
                raise
            text = (
                "the server doesn't ask who one is, so say whose the alerts are: ticker.connect(…, owner=…), "
                "with a text that others can't guess and that stays the same when the program is started again"
            )
            raise ProtocolError(error.code, text, error.id) from None

    # Rooms

    async def join(self, room: str, name: str | None) -> Joined:
        async with self._turn:
            return await self._join(room, name)

    async def _join(self, room: str, name: str | None) -> Joined:
        with self._lock:
            asked = self._desk.rooms.join(room, name, DEFAULT_NAME)
        answer = await self._supervisor.request(asked, Joined, insist=True)
        assert answer is not None
        return answer

    async def say(self, room: str, text: str, name: str | None) -> Said:
        async with self._turn:
            if room.strip(" ") not in self._desk.rooms:
                await self._join(room, name)
            message = Say(room=room, text=text)
            try:
                answer = await self._supervisor.request(message, Said, insist=True, again=False)
            except ProtocolError as error:
                if error.code != "not-joined":
                    raise
                # A new connection was not let in again; now it may be, or the error says why not.
                await self._join(room, name)
                answer = await self._supervisor.request(message, Said, insist=True, again=False)
        if answer is None:
            raise StreamError(f"the connection broke while this was said in {room}: whether it was heard is not known")
        return answer

    async def leave(self, room: str) -> None:
        async with self._turn:
            with self._lock:
                known = room.strip(" ") in self._desk.rooms
                asked = self._desk.rooms.leave(room.strip(" "))
            try:
                await self._supervisor.request(asked, Left, insist=False)
            except ProtocolError as error:
                if error.code != "not-joined" or not known:
                    raise

    # The way

    async def ping(self, data: object) -> float:
        clock = asyncio.get_running_loop().time
        while True:
            await self._supervisor.lives()
            began_s = clock()
            if await self._supervisor.request(Ping(data=data), Pong, insist=True, again=False) is not None:
                return clock() - began_s


def _named(id_: Id) -> Id:
    """An alert's id, which must not be taken for a question's."""
    if isinstance(id_, str) and id_.startswith(OWN):
        raise ValueError(f"an alert's id may not begin with {OWN}, not {id_!r}")
    return id_

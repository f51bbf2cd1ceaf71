"""The user's requests about alerts, rooms and pings, and what becomes of them when the connection breaks.

A request that may be repeated is sent again. For one that may not, the state after the reconnect decides, or the user
is told that the outcome is unknown. The state itself is in ``protocol.desk_state``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from ticker.client.protocol.desk_state import DeskState
from ticker.client.protocol.pending import OWN
from ticker.client.supervisor import Supervisor
from ticker.errors import ProtocolError, StreamError
from ticker.wire.messages import Alert, AlertList, AlertRow, Alerts, Id, Joined, Left, Ping, Pong, Said, Say, Unalert

#: The name in rooms, where neither the user gave one nor the server knows one.
DEFAULT_NAME = "python"


class DeskRequests:
    """One client's requests, one at a time: an alert's answer is recognised by the alert's id.

    ``new_id`` makes the id of an alert that was given none.
    """

    def __init__(
        self, supervisor: Supervisor, desk: DeskState, new_id: Callable[[], str] = lambda: os.urandom(8).hex()
    ) -> None:
        self._supervisor = supervisor
        self._desk = desk
        self._lock = supervisor.lock
        self._new_id = new_id
        self._turn = asyncio.Lock()

    # Alerts

    async def alert(self, symbol: str, when: str, id_: Id | None, *, once: bool, hysteresis: float | None) -> AlertRow:
        if id_ is None:
            id_ = self._new_id()
        message = Alert(id=_checked(id_), symbol=symbol, when=when, once=once, hysteresis=hysteresis)
        alerts = self._desk.alerts
        async with self._turn:
            while True:
                with self._lock:
                    asked = alerts.alert(message)
                answer = await self._about_alerts(asked, again=False)
                if answer is None:
                    # The server may have set it before the connection broke, and it may have fired since: setting it
                    # again would let it fire twice. The next connection lists the alerts.
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
                asked = self._desk.alerts.unalert(_checked(id_))
            while await self._about_alerts(asked, again=False) is None:
                # The server may have removed it before the connection broke.
                await self._supervisor.lives()
                with self._lock:
                    if self._desk.alerts.is_gone(id_):
                        return

    async def claim(self) -> None:
        """Ask for the alerts' position, so that none that fires from now on is missed over a broken connection."""
        async with self._turn:
            with self._lock:
                asked = self._desk.alerts.alerts()
            with suppress(ProtocolError):  # a server without alerts
                await self._supervisor.request(asked, AlertList, insist=False)

    async def _about_alerts(self, message: Alert | Alerts | Unalert, *, again: bool = True) -> AlertList | None:
        try:
            return await self._supervisor.request(message, AlertList, insist=True, again=again)
        except ProtocolError as error:
            if error.code != "no-owner" or self._desk.alerts.owner is not None:
                raise
            text = (
                "this server has no authentication, so alerts need an owner: ticker.connect(…, owner=…), a text that "
                "others can't guess and that stays the same when the program is restarted"
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
                # The server refused the join after a reconnect. Join again, or raise its reason.
                await self._join(room, name)
                answer = await self._supervisor.request(message, Said, insist=True, again=False)
        if answer is None:
            raise StreamError(f"the connection broke before {room} confirmed the message: it may or may not be there")
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

    async def ping(self, data: object) -> float:
        clock = asyncio.get_running_loop().time
        while True:
            await self._supervisor.lives()
            began_s = clock()
            if await self._supervisor.request(Ping(data=data), Pong, insist=True, again=False) is not None:
                return clock() - began_s


def _checked(id_: Id) -> Id:
    """An alert's id, which must not look like that of a request."""
    if isinstance(id_, str) and id_.startswith(OWN):
        raise ValueError(f"an alert's id must not begin with {OWN}, not {id_!r}")
    return id_

"""The methods of a stream for alerts, rooms and pings, and what becomes of a request when the connection breaks.

A request that may be repeated is sent again. For one that may not, the state after the reconnect decides, or the user
is told that the outcome is unknown. The state itself is in ``protocol.desk_state``.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

from ticker.client.protocol.pending import OWN
from ticker.client.protocol.protocol import ClientProtocol
from ticker.client.stream_info import StreamInfo
from ticker.client.supervisor import Supervisor
from ticker.errors import ProtocolError, StreamError
from ticker.wire.messages import Alert, AlertList, AlertRow, Alerts, Id, Joined, Left, Ping, Pong, Said, Say, Unalert

#: The name in rooms, where neither the user gave one nor the server knows one.
DEFAULT_NAME = "python"


class DeskRequests(StreamInfo):
    """The part of ``Stream`` for everything except prices. Requests are sent one at a time."""

    def __init__(self, protocol: ClientProtocol, supervisor: Supervisor) -> None:
        super().__init__(protocol, supervisor)
        self._desk = protocol.desk

    # Alerts

    async def alert(
        self,
        symbol: str,
        when: str,
        *,
        id: Id | None = None,  # noqa: A002 - the wire's name
        once: bool = True,
        hysteresis: float | None = None,
    ) -> AlertRow:
        """Set an alert that the server checks on every tick, whether or not this stream is connected.

        ``when`` is a field (``last``, ``bid``, ``ask``, ``volume``, ``change_pct``), an operator (``>=``, ``>``,
        ``<=``, ``<``, ``crosses``) and a number: ``"last >= 190"``. When it becomes true, ``events`` returns a
        ``Fired`` with the alert's ``id``. With ``once``, the alert fires once; otherwise it rearms when the value has
        moved back by ``hysteresis`` (in the field's unit; default: a thousandth of the number). An alert with the same
        ``id`` is replaced; the default is a new random id.

        Returns the alert as the server stores it. It belongs to the key, or to the ``owner`` given to ``connect``, and
        outlives this stream. A server with ``--state`` keeps it over a restart; otherwise this stream sets it again.
        Waits during a reconnect. Raises ``ProtocolError`` if the server refuses (``code`` is for example
        ``bad-condition``, ``unknown-symbol``, ``too-many-alerts`` or ``no-owner``) and ``StreamError`` if the stream is
        closed.
        """
        if id is None:
            id = os.urandom(8).hex()  # noqa: A001 - as above
        alerts = self._desk.alerts
        request = alerts.alert(Alert(id=_checked(id), symbol=symbol, when=when, once=once, hysteresis=hysteresis))
        async with self._supervisor.desk_turn:
            while (answer := await self._about_alerts(request, again=False)) is None:
                # The server may have set it before the connection broke, and it may have fired since: setting it
                # again would let it fire twice. The next connection lists the alerts.
                await self._supervisor.live.wait()
                if (found := alerts.found(request)) is not None:
                    return found
        for row in answer.alerts:
            if row.id == id:
                return row
        raise StreamError(f"the server doesn't list the alert {id!r} that it has set")

    async def alerts(self) -> list[AlertRow]:
        """All alerts of the key or owner, including those set by other clients. Raises as ``alert``."""
        async with self._supervisor.desk_turn:
            answer = await self._about_alerts(self._desk.alerts.alerts())
        assert answer is not None
        return answer.alerts

    async def unalert(self, id: Id = "*") -> None:  # noqa: A002 - the wire's name
        """Remove an alert; ``"*"`` removes all. Raises as ``alert``; the code is ``no-alert`` for an unknown id."""
        async with self._supervisor.desk_turn:
            request = self._desk.alerts.unalert(_checked(id))
            while await self._about_alerts(request, again=False) is None:
                # The server may have removed it before the connection broke.
                await self._supervisor.live.wait()
                if self._desk.alerts.is_gone(id):
                    return

    async def _claim_alerts(self) -> None:
        """Ask for the alerts' position, so that none that fires from now on is missed over a broken connection."""
        async with self._supervisor.desk_turn:
            with suppress(ProtocolError):  # a server without alerts
                await self._supervisor.request(self._desk.alerts.alerts(), AlertList, insist=False)

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

    async def join(self, room: str, name: str | None = None) -> Joined:
        """Join a room: its last 200 messages and all new ones come as ``Said`` events.

        ``name`` is your name there, unless the server knows it from the key; default ``python``. The answer has your
        ``name`` (a taken one gets a number) and the ``names`` of all members. The stream rejoins after each reconnect.
        Raises ``ProtocolError`` if the server refuses.
        """
        async with self._supervisor.desk_turn:
            return await self._join(room, name)

    async def _join(self, room: str, name: str | None) -> Joined:
        request = self._desk.rooms.join(room, name, DEFAULT_NAME)
        answer = await self._supervisor.request(request, Joined, insist=True)
        assert answer is not None
        return answer

    async def say(self, room: str, text: str, *, name: str | None = None) -> Said:
        """Send a message to a room, joining it first (as ``name``) if necessary.

        Returns the message with its number, once the server has it. Waits during a reconnect. A message is never sent
        twice: if the connection breaks before the answer, raises ``StreamError``. Raises ``ProtocolError`` if the
        server refuses, for example with ``too-fast`` above ``limits.says_per_minute``.
        """
        async with self._supervisor.desk_turn:
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
        """Leave a room, at once even during a reconnect. Raises ``ProtocolError`` if you are not in it."""
        async with self._supervisor.desk_turn:
            with self._supervisor.lock:
                known = room.strip(" ") in self._desk.rooms
                request = self._desk.rooms.leave(room.strip(" "))
            try:
                await self._supervisor.request(request, Left, insist=False)
            except ProtocolError as error:
                if error.code != "not-joined" or not known:
                    raise

    async def ping(self, data: object = None) -> float:
        """Round-trip time to the server in seconds, on the connection that carries prices.

        The server returns ``data``. Waits during a reconnect. Raises ``ProtocolError`` over long polls.
        """
        clock = asyncio.get_running_loop().time
        while True:
            await self._supervisor.live.wait()
            began_s = clock()
            if await self._supervisor.request(Ping(data=data), Pong, insist=True, again=False) is not None:
                return clock() - began_s


def _checked(id_: Id) -> Id:
    """An alert's id, which must not look like that of a request."""
    if isinstance(id_, str) and id_.startswith(OWN):
        raise ValueError(f"an alert's id must not begin with {OWN}, not {id_!r}")
    return id_

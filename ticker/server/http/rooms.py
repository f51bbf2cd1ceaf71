"""`/v1/rooms`: the operator lists the chat rooms, and removes some."""

from __future__ import annotations

import time
from typing import Annotated, Final

import msgspec
from aiohttp import web

from ticker.rooms.op_handler import RoomHandler
from ticker.rooms.room import Room
from ticker.server.core.address import limit_key
from ticker.server.core.requests import read_message, read_query, require_operator
from ticker.server.core.responses import bad_argument, json_response

#: The longest body of a request, in bytes.
MAX_BYTES: Final = 4_096
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class RoomSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which rooms: those that all given fields match.

    ``source``  the key, address or /64 that created them
    ``empty``   those without members, or only those with members
    ``idle``    at least this many seconds since a client entered or said something
    """

    room: _Text | None = None
    source: _Text | None = None
    empty: bool | None = None
    idle: Annotated[float, msgspec.Meta(ge=0, le=1e12)] | None = None

    def has(self, room: Room, now_ns: int) -> bool:
        return (
            self.room in (None, room.name)
            and (self.source is None or room.source in (self.source, limit_key(self.source)))
            and self.empty in (None, not room.members)
            and (self.idle is None or _idle_s(room, now_ns) >= self.idle)
        )


class RoomCommand(RoomSelection, frozen=True, kw_only=True):
    """The body of a POST. ``all`` stands for no field of the selection."""

    action: str
    all: bool = False


class RoomsEndpoint:
    """A server has at most 1,000 rooms, so a request is answered in one turn of the event loop."""

    def __init__(self, rooms: RoomHandler) -> None:
        self._rooms = rooms

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/rooms", self.show), web.post("/v1/rooms", self.command)]

    async def show(self, request: web.Request) -> web.Response:
        require_operator(request, "listing rooms")
        now_ns = time.time_ns()
        return json_response({"rooms": [_row(room, now_ns) for room in self._find(read_query(request, RoomSelection))]})

    async def command(self, request: web.Request) -> web.Response:
        require_operator(request, "removing rooms")
        command = await read_message(request, RoomCommand, MAX_BYTES)
        if command.action != "remove":
            raise bad_argument("action", f"must be remove, not {command.action!r:.80}")
        given = any(getattr(command, name) is not None for name in RoomSelection.__struct_fields__)
        if given == command.all:
            raise bad_argument("all", "give room, source, empty or idle; or all for every room")
        members = [self._rooms.remove(room.name) for room in self._find(command)]
        return json_response({"removed": len(members), "members": sum(members)})

    def _find(self, selection: RoomSelection) -> list[Room]:
        now_ns = time.time_ns()
        return [room for room in self._rooms.by_name.values() if selection.has(room, now_ns)]


def _idle_s(room: Room, now_ns: int) -> int:
    return max(0, now_ns - room.used_ts) // 1_000_000_000


def _row(room: Room, now_ns: int) -> dict[str, object]:
    return {
        "room": room.name,
        "source": room.source or None,
        "members": len(room.members),
        "messages": room.log.head - room.log.tail,
        "bytes": room.bytes,
        "idle": _idle_s(room, now_ns),
    }

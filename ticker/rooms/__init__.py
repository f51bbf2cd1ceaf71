"""Chat rooms: members and messages. No socket and no clock."""

from __future__ import annotations

from ticker.rooms.op_handler import RoomHandler as RoomHandler
from ticker.rooms.store import KeptRoom as KeptRoom
from ticker.rooms.store import RoomStore as RoomStore

"""The desk chat: rooms, who is in them, and what was said. Holds no socket and no clock, and never waits."""

from __future__ import annotations

from ticker.rooms.op_handler import RoomDesk as RoomDesk
from ticker.rooms.store import KeptRoom as KeptRoom
from ticker.rooms.store import RoomStore as RoomStore

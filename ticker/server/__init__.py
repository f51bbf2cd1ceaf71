"""The server: runs the hub with aiohttp. It moves bytes and keeps time; the hub makes the decisions."""

from ticker.server.core.settings import Settings
from ticker.server.service import Service

__all__ = ["Service", "Settings"]

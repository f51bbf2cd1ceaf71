"""The aiohttp shell round the hub: moves bytes and keeps time, and decides nothing."""

from ticker.server.service import Service
from ticker.server.settings import Settings

__all__ = ["Service", "Settings"]

"""The aiohttp shell round the hub: moves bytes and keeps time, and decides nothing."""

from ticker.server.core.settings import Settings
from ticker.server.service import Service

__all__ = ["Service", "Settings"]

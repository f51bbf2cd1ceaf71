"""The Python client: for asyncio in ``stream``, for threads in ``sync``. Imports neither numpy nor, yet, aiohttp."""

from ticker.backoff import Backoff
from ticker.client.protocol.bars import Bar
from ticker.client.protocol.symbol_view import SymbolView, Update
from ticker.client.protocol.ticks import Quote, Trade
from ticker.client.stream import Event, Stream, connect

__all__ = ["Backoff", "Bar", "Event", "Quote", "Stream", "SymbolView", "Trade", "Update", "connect"]

"""The Python client, async (``stream``) and sync (``sync``). It stands on the wire's messages and codec alone."""

from ticker.backoff import Backoff
from ticker.client.stream import Event, Stream, connect
from ticker.client.symbol_view import SymbolView, Update
from ticker.client.ticks import Quote, Trade

__all__ = ["Backoff", "Event", "Quote", "Stream", "SymbolView", "Trade", "Update", "connect"]

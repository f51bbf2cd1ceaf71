"""ticker: a streaming service for live stock prices.

``ticker.connect`` and ``ticker.connect_sync`` are the Python client. The command ``ticker``, or ``python -m ticker``,
starts the server and the terminal tools. Names are imported on first use, to keep ``import ticker`` fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ticker.client import Backoff, Bar, Event, Quote, Stream, SymbolView, Trade, Update, connect
    from ticker.client.sync import SyncStream, connect_sync
    from ticker.errors import ConnectError, FeedError, ProtocolError, RefusedError, StreamError, TickerError
    from ticker.wire.messages import AlertRow, Fired, Joined, Notice, Present, Said

_HOMES = {
    "ticker.client": ("Backoff", "Bar", "Event", "Quote", "Stream", "SymbolView", "Trade", "Update", "connect"),
    "ticker.client.sync": ("SyncStream", "connect_sync"),
    "ticker.errors": (
        "ConnectError", "FeedError", "ProtocolError", "RefusedError", "StreamError", "TickerError",
    ),
    "ticker.wire.messages": ("AlertRow", "Fired", "Joined", "Notice", "Present", "Said"),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped by home
    "__version__",
    "Backoff", "Bar", "Event", "Quote", "Stream", "SymbolView", "Trade", "Update", "connect",
    "SyncStream", "connect_sync",
    "ConnectError", "FeedError", "ProtocolError", "RefusedError", "StreamError", "TickerError",
    "AlertRow", "Fired", "Joined", "Notice", "Present", "Said",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])

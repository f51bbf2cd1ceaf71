"""What a stream knows, for asyncio and for threads: the board, DataFrames, state, counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ticker.client.protocol.bounded_queue import BoundedQueue
from ticker.client.protocol.protocol import ClientProtocol
from ticker.client.protocol.symbol_view import SymbolView
from ticker.client.protocol.ticks import Quote, TickQueue, Trade
from ticker.client.supervisor import State, Supervisor
from ticker.errors import StreamError
from ticker.wire.messages import FeedState, Welcome

if TYPE_CHECKING:
    import pandas as pd


class StreamInfo:
    """The part that ``Stream`` and ``SyncStream`` share. All of it may be used in any thread."""

    def __init__(self, protocol: ClientProtocol, supervisor: Supervisor) -> None:
        self._protocol = protocol
        self._supervisor = supervisor
        #: The server's address, without credentials.
        self.url = protocol.name
        #: The channel that was given to ``connect``.
        self.channel = protocol.first

    @property
    def board(self) -> Mapping[str, SymbolView]:
        """The latest values of each symbol in the watchlist, live."""
        self._supervisor.check_process()
        return self._protocol.view.board

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``reconnecting`` or ``closed``."""
        return self._supervisor.state

    @property
    def error(self) -> StreamError | None:
        """Why the stream failed permanently, or None."""
        return self._supervisor.error

    @property
    def symbols(self) -> list[str]:
        """The watchlist of the stream's channel, without rejected symbols. ``*`` means all symbols."""
        rejected = self._protocol.rejected
        return [name for name in self._protocol.channel(self.channel).watchlist.tokens() if name not in rejected]

    @property
    def rejected(self) -> dict[str, str]:
        """The symbols that the server has rejected on this connection, with the reason.

        After a reconnect, those given to ``connect`` are requested again.
        """
        return dict(self._protocol.rejected)

    @property
    def rate(self) -> float | None:
        """The granted maximum rate of updates in Hz (0: unlimited); None before the first answer."""
        return self._protocol.rate_granted

    @property
    def welcome(self) -> Welcome | None:
        """The server's welcome, with its version and limits; None before the first connection."""
        return self._protocol.welcome

    @property
    def epoch(self) -> str | None:
        """The server's epoch: ``version`` counts within it. A restarted server begins a new one."""
        return self._protocol.epoch

    @property
    def version(self) -> int:
        """The version of the server's board that ``board`` has reached."""
        return self._protocol.view.version

    @property
    def feed(self) -> FeedState | None:
        """The state of the server's feed, from the last heartbeat; None before the first.

        The server sends heartbeats only while it has nothing else to send.
        """
        return self._protocol.feed

    @property
    def transport(self) -> str | None:
        """The transport of the current connection, or of the last: ``websocket``, ``sse`` or ``poll``."""
        return self._supervisor.transport

    @property
    def reconnects(self) -> int:
        """Number of broken connections that were replaced."""
        return self._supervisor.reconnects

    @property
    def resyncs(self) -> int:
        """Number of gaps found, after each of which the server was asked to resend."""
        return self._protocol.resyncs

    @property
    def lost(self) -> dict[str, dict[str, int]]:
        """Number of ticks lost, by channel and symbol: ``{"trades": {"AAPL": 12}}``.

        Lost bars are counted by interval: ``{"1m bars": {"AAPL": 2}}``.
        ``*`` counts losses that the server can't assign to a symbol; they may include symbols outside the watchlist.
        Lost events are counted under ``events`` by kind: ``{"events": {"said": 3}}``.
        """
        protocol = self._protocol
        queues: list[BoundedQueue[Any]] = [protocol.trades, protocol.quotes, *protocol.bars.values()]
        queues.append(protocol.desk.events)
        return {queue.name: dict(queue.lost) for queue in queues if queue.lost}

    @property
    def rooms(self) -> dict[str, list[str]]:
        """The rooms that the stream has joined, each with the names of its members."""
        with self._supervisor.lock:
            return self._protocol.desk.rooms.names()

    def frame(self) -> pd.DataFrame:
        """The board as a DataFrame: one row per symbol (index ``symbol``), one column per field.

        ``ts`` is UTC datetime64[ns], all others are float64; missing values are NaT or NaN. The first call imports
        pandas, which takes a moment.
        """
        from ticker.client.frame import as_frame

        return as_frame(self.board.values())

    def trades_frame(self) -> pd.DataFrame:
        """The newest trades, at most ``queue_ticks``, as a DataFrame: one row per trade, in order.

        Index ``ts`` as UTC datetime64[ns]; columns ``symbol``, ``price``, ``size``, ``conditions`` (separated by
        blanks), ``id`` (0: none) and ``change`` (missing for a new trade). Independent of what ``trades()`` has already
        returned. Raises ``ValueError`` if the watchlist of the ``trades`` channel is empty.
        """
        return self._ticks_frame(self._protocol.trades)

    def quotes_frame(self) -> pd.DataFrame:
        """As ``trades_frame`` for quotes, with columns ``symbol``, ``bid``, ``bid_size``, ``ask``, ``ask_size``."""
        return self._ticks_frame(self._protocol.quotes)

    def _ticks_frame(self, queue: TickQueue[Trade] | TickQueue[Quote]) -> pd.DataFrame:
        from ticker.client.frame import ticks_frame

        if not queue.watchlist:
            raise ValueError(
                f'not subscribed to {queue.channel}: call subscribe(symbols, channel="{queue.channel}") first'
            )
        with self._supervisor.lock:
            newest = [*queue.newest]
        return ticks_frame(newest, queue.channel)

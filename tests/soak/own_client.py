"""The project's Python client, as a script uses it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import ticker
from tests.soak.client import Client
from tests.soak.expected import Expected, View
from tests.soak.tape import ALL, Tick, among
from ticker import ConnectError, ProtocolError, Quote, RefusedError, StreamError, Trade
from ticker.client.stream import Backoff, Stream

Transport = Literal["websocket", "sse", "poll"]


@dataclass(slots=True)
class _Mark:
    """A position on a tape: epoch, sequence number, losses by symbol up to it."""

    epoch: str
    number: int
    lost: dict[str, int]


class OwnClient(Client):
    """On one channel. ``wanted``: its symbols; on a tape they stay what they are."""

    def __init__(
        self,
        name: str,
        port: int,
        channel: str,
        wanted: set[str],
        *,
        transport: Transport,
        encoding: str,
        rate_hz: float,
        rng: random.Random,
    ) -> None:
        super().__init__(name, f"own, {transport}, {encoding}", rng)
        self.channel = channel
        self.watchlist = wanted
        self._port = port
        self._transport: Transport = transport
        self._encoding = encoding
        self._rate_hz = rate_hz
        self._stream: Stream | None = None
        self._pending: set[asyncio.Task[object]] = set()
        #: Iterated values: on `ticker` the latest of each symbol, on a tape the ticks since the mark.
        self._view: dict[str, dict[str, Any]] = {}
        self._ticks: list[Tick] = []
        self._mark: _Mark | None = None
        #: The next N ticks precede the mark.
        self._older = 0
        self._verified = self._lost = 0

    async def run(self) -> None:
        while True:
            await self.here.wait()
            stream = ticker.connect(
                f"127.0.0.1:{self._port}",
                sorted(self.watchlist),
                channel=self.channel,
                encoding=self._encoding,
                rate=self._rate_hz,
                transport=self._transport,
                backoff=Backoff(initial_s=0.1, maximum_s=0.5, random=self._rng.random),
                wait=True,
                connect_timeout_s=20,
                queue_ticks=100_000,
            )
            self._view.clear()
            self._ticks.clear()
            self._mark, self._older = None, 0
            stream.on_arrival = self._on_arrival
            self._stream = stream
            try:
                async with stream:
                    self.counts["connects"] += 1
                    await (self._follow(stream) if self.channel == "ticker" else self._collect(self._tape(stream)))
            except (ConnectError, RefusedError) as error:
                raise AssertionError(f"the client gave up: {error}") from error
            except StreamError:
                # ``leave`` closed the stream while it was connecting.
                self.counts["closed early"] += 1
            finally:
                self._stream = None
                await stream.close()
                self.counts["losses"] += stream.reconnects
                self.counts["resumes"] += stream.reconnects
                self.counts["resyncs"] += stream.resyncs

    # Iteration

    async def _follow(self, stream: Stream) -> None:
        async for update in stream:
            await self.awake.wait()
            self.counts["messages"] += 1
            if update.removed or not update.values:
                self._view.pop(update.symbol, None)
            else:
                self._view[update.symbol] = dict(update.values)

    def _tape(self, stream: Stream) -> AsyncIterator[Trade] | AsyncIterator[Quote]:
        return stream.trades() if self.channel == "trades" else stream.quotes()

    async def _collect(self, ticks: AsyncIterator[Trade] | AsyncIterator[Quote]) -> None:
        async for tick in ticks:
            self.counts["messages"] += 1
            if self._older:
                self._older -= 1
            else:
                # What a plain subscription has as well.
                names = ("price", "size") if isinstance(tick, Trade) else ("bid", "bid_size", "ask", "ask_size")
                self._ticks.append((tick.symbol, tick.ts, *(getattr(tick, name) for name in names)))
            # Wait after counting: a tick held while a new epoch begins would count as the new epoch's.
            await self.awake.wait()

    def _on_arrival(self) -> None:
        """Set the mark when an epoch begins: ticks from here on are compared."""
        stream = self._stream
        if stream is None or self.channel == "ticker" or stream.epoch is None:
            return
        queue = stream._protocol.trades if self.channel == "trades" else stream._protocol.quotes
        if queue.version is not None and (self._mark is None or self._mark.epoch != stream.epoch):
            self._mark = _Mark(stream.epoch, queue.version, dict(queue.lost))
            self._ticks.clear()
            self._older = len(queue)

    # Faults

    def _go(self, *, politely: bool) -> None:
        stream = self._stream
        if stream is None:
            return
        if politely:
            self._send(stream.close())
        elif stream._supervisor._transport is not None:
            # The stream reconnects by itself and resumes.
            stream._supervisor._transport.abort("cut by the soak")

    def rewatch(self, add: set[str], remove: set[str]) -> None:
        if self.channel != "ticker" or self.watchlist & {ALL} or self._stream is None or self._stream.state != "live":
            return
        less, more = self.watchlist & remove, add - self.watchlist
        if self.watchlist - less:
            self.watchlist -= less
            self._send(self._stream.unsubscribe(less))
        self.watchlist |= more
        if more:
            self._send(self._stream.subscribe(more))

    def change_rate(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        if self.channel == "ticker" and self._stream is not None and self._stream.state == "live":
            self._send(self._stream.subscribe([min(self.watchlist)], rate=rate_hz))

    def _send(self, request: Any) -> None:
        async def send() -> None:
            try:
                await request
            except ProtocolError as error:
                raise AssertionError(f"refused: {error}") from error
            except StreamError:
                # ``leave`` closed the stream before the answer came.
                self.counts["closed early"] += 1

        task = asyncio.create_task(send())
        self._pending.add(task)

    def _all_answered(self) -> bool:
        for task in [task for task in self._pending if task.done()]:
            self._pending.discard(task)
            task.result()
        return not self._pending

    # Checks

    def differs(self, expected: Expected) -> str | None:
        stream = self._stream
        if stream is None or stream.state != "live" or not self._all_answered():
            return f"not connected ({stream and stream.state}), or without an answer"
        if stream.epoch != expected.epoch:
            return f"in epoch {stream.epoch}, the server in {expected.epoch}"
        if self.channel != "ticker":
            return self._tape_differs(stream, expected)
        watched = self.watchlist - stream.rejected.keys()
        board: View = {name: each.values for name, each in stream.board.items() if each.values}
        # A symbol may have arrived once more before the server confirmed the unsubscription.
        taken = {name: values for name, values in self._view.items() if among(watched, name)}
        views: dict[str, View] = {"the board": board, "what was iterated over": taken}
        for what, view in views.items():
            if (difference := expected.differs(view, watched)) is not None:
                return f"{what}, at version {stream.version} of {expected.version}: {difference}"
        return None

    def _tape_differs(self, stream: Stream, expected: Expected) -> str | None:
        mark, recording, head = self._mark, expected.recording[self.channel], expected.heads[self.channel]
        if mark is None or mark.epoch != expected.epoch or recording.epoch != expected.epoch or recording.head != head:
            return f"nothing received on {self.channel}, or the recorder is at {recording.head} instead of {head}"
        ticks = recording.between(mark.number, head)
        if ticks is None or None in ticks:
            return None
        lost = Counter(stream.lost.get(self.channel, {}))
        lost.subtract(mark.lost)
        due = [tick for tick in ticks if tick and among(self.watchlist, tick[0])]
        unsplit, lost[ALL] = lost[ALL], 0
        missing = Counter(tick[0] for tick in due)
        missing.subtract(tick[0] for tick in self._ticks)
        missing.subtract(lost)
        # Losses not told by symbol include symbols that it doesn't watch.
        if any(count < 0 for count in missing.values()) or sum(missing.values()) > unsplit:
            return f"{self.channel}, from {mark.number} to {head}: missing: {+missing}, too many: {-missing}"
        rest = iter(due)
        if not all(tick in rest for tick in self._ticks):
            return f"{self.channel}, from {mark.number} to {head}: in another order, or with other values"
        return None

    def settle(self, expected: Expected) -> None:
        stream, mark = self._stream, self._mark
        if stream is None or mark is None:
            return
        now = dict(stream.lost.get(self.channel, {}))
        lost = sum(now.values()) - sum(mark.lost.values())
        if expected.recording[self.channel].between(mark.number, expected.heads[self.channel]) is not None:
            self._verified += len(self._ticks) + lost
        self._lost += lost
        self._mark = _Mark(expected.epoch, expected.heads[self.channel], now)
        self._ticks.clear()

    @property
    def verified(self) -> tuple[int, int]:
        return self._verified, self._lost

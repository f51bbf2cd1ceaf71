"""One run of ``ticker record``: writes the stream to a file until it is stopped or the feed ends."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from ticker.cli.failure import Failure
from ticker.cli.record.journal import Journal
from ticker.cli.record.parquet import check_available, finish
from ticker.cli.record.rows import DETAILED_HEADER, HEADER, Reorder
from ticker.cli.server import Server
from ticker.cli.stopping import Stop
from ticker.cli.streaming import streaming
from ticker.client.iterators import ItemIterator
from ticker.client.protocol.ticks import Quote, Trade
from ticker.client.stream import Stream

#: Trades and quotes arrive on separate channels: how long a tick waits for one with an earlier timestamp.
REORDER_S: Final = 0.4
WRITE_EVERY_S: Final = 0.2
SYNC_EVERY_S: Final = 1.0
#: Maximum queued ticks per channel. Above, the oldest are lost and counted.
QUEUE_TICKS: Final = 1_000_000
#: Ticks read per turn of the event loop.
_TURN: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRequest:
    """``seconds`` None means until it is stopped."""

    target: Path
    symbols: Sequence[str]
    channels: Sequence[str]
    server: Server
    seconds: float | None
    overwrite: bool
    wait: bool

    @property
    def is_parquet(self) -> bool:
        return self.target.suffix == ".parquet"

    @property
    def journal(self) -> Path:
        """The file that lines are written to: for Parquet a file beside the target."""
        return self.target.with_name(self.target.name + ".part.csv") if self.is_parquet else self.target


def prepare(request: RecordRequest) -> None:
    """Raise ``Failure`` if the recording cannot start."""
    if request.is_parquet:
        check_available()
        if request.journal.exists():
            how = f"`ticker record --finish {request.target}` completes it"
            raise Failure(f"{request.journal} exists, from an interrupted recording; {how}, or delete it")
    if request.target.exists():
        if not request.overwrite:
            raise Failure(f"{request.target} exists; choose another name, or use --overwrite")
        if request.target.is_dir():
            raise Failure(f"{request.target} is a folder; give the name of a file")


async def record(request: RecordRequest, stop: Stop) -> int:
    """Record until ``stop``, the end of the time, or the end of the feed. Returns the exit status."""
    async with streaming(
        request.server,
        request.symbols,
        channel=request.channels[0],
        encoding="msgpack",
        wait=request.wait,
        queue_ticks=QUEUE_TICKS,
    ) as stream:
        for channel in request.channels[1:]:
            await stream.subscribe(request.symbols, channel=channel)
        await _Recording(request, stream).run(stop)
    return 0


class _Recording:
    def __init__(self, request: RecordRequest, stream: Stream) -> None:
        self._request = request
        self._stream = stream
        self._detailed = "trades" in request.channels
        self._reorder = Reorder(detailed=self._detailed)
        self._ticks = {"trades": 0, "quotes": 0}
        self._iterators: dict[str, ItemIterator[Trade] | ItemIterator[Quote]] = {}
        if "trades" in request.channels:
            self._iterators["trades"] = stream.trades()
        if "quotes" in request.channels:
            self._iterators["quotes"] = stream.quotes()
        self._started_s = time.monotonic()
        self._synced_s = self._started_s

    async def run(self, stop: Stop) -> None:
        request = self._request
        if request.overwrite and not request.is_parquet:
            # Not earlier: the file stays if there is no server.
            request.target.unlink(missing_ok=True)
        journal = Journal(request.journal, DETAILED_HEADER if self._detailed else HEADER)
        what = " and ".join(self._iterators)
        click.echo(f"ticker: recording {what} of {self._stream.url} to {request.target}; Ctrl-C stops", err=True)
        stopped = asyncio.create_task(stop.wait())
        live = _LiveLine()
        try:
            while not stopped.done() and not self._time_is_up and not self._ended:
                await self._collect(WRITE_EVERY_S)
                self._write(journal, time.monotonic() - REORDER_S)
                await self._sync(journal)
                live.show(self._words(journal))
            await self._collect(0)
        finally:
            stopped.cancel()
            live.end()
            # Write what has arrived, whatever ended the recording.
            with suppress(Failure) if sys.exc_info()[0] else ExitStack():
                self._write(journal, float("inf"))
                journal.sync()
            journal.close()
        words = self._words(journal)
        if request.is_parquet:
            await asyncio.to_thread(finish, request.journal, request.target)
        click.echo(f"ticker: {request.target}: {words}", err=True)

    @property
    def _time_is_up(self) -> bool:
        seconds = self._request.seconds
        return seconds is not None and time.monotonic() - self._started_s >= seconds

    @property
    def _ended(self) -> bool:
        """Whether the feed has ended and everything was written."""
        feed = self._stream.feed
        return feed is not None and feed.state == "ended" and not self._reorder

    async def _collect(self, seconds: float) -> None:
        """Read ticks for a while."""
        until_s = time.monotonic() + seconds
        while True:
            taken = sum(self._take(channel, iterator) for channel, iterator in self._iterators.items())
            now_s = time.monotonic()
            if now_s >= until_s and not taken:
                return
            if now_s >= until_s + WRITE_EVERY_S:
                return  # ticks arrive faster than they are read: write first
            await asyncio.sleep(0 if taken else min(0.02, max(0.0, until_s - now_s)))

    def _take(self, channel: str, iterator: ItemIterator[Trade] | ItemIterator[Quote]) -> int:
        now_s = time.monotonic()
        for number in range(_TURN):
            try:
                tick = iterator.take()
            except StopAsyncIteration:
                return number
            if tick is None:
                return number
            self._reorder.add(tick, now_s)
            self._ticks[channel] += 1
        return _TURN

    def _write(self, journal: Journal, before_s: float) -> None:
        lines = self._reorder.ready(before_s)
        if lines:
            journal.write(b"".join(lines))

    async def _sync(self, journal: Journal) -> None:
        if time.monotonic() - self._synced_s >= SYNC_EVERY_S:
            self._synced_s = time.monotonic()
            await asyncio.to_thread(journal.sync)

    def _words(self, journal: Journal) -> str:
        seconds = time.monotonic() - self._started_s
        parts = [f"{count:,} {name}" for name, count in self._ticks.items() if name in self._request.channels]
        text = f"{' and '.join(parts)} in {seconds:,.0f} s, {journal.bytes:,} bytes"
        lost = sum(sum(counts.values()) for counts in self._stream.lost.values())
        if lost:
            text += f"; {lost:,} lost"
        if self._reorder.late:
            text += f"; {self._reorder.late:,} out of order"
        return text


class _LiveLine:
    """A status line on a terminal. Prints nothing elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._width = 0

    def show(self, text: str) -> None:
        if self._is_terminal:
            text = f"recording: {text}"
            sys.stderr.write("\r" + text.ljust(self._width))
            sys.stderr.flush()
            self._width = len(text)

    def end(self) -> None:
        if self._is_terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()

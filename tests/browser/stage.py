"""A server whose prices a test sets, in a process of its own.

The test sends lists of commands over a pipe:

| Command                                        | Effect                              |
|------------------------------------------------|-------------------------------------|
| ``("trade", symbol, price, size)``             | a trade                             |
| ``("quote", symbol, bid, bid_size, ask, ask_size)`` | a quote                        |
| ``("event", event)``                           | any event of a feed                 |
| ``("reset",)``                                 | a new epoch without prices          |
| ``("fail",)``                                  | the feed fails, again and again     |
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from tests.support.market import Quote, Trade
from tests.support.serving import ScriptedFeed, serving
from ticker.model import Restart
from ticker.server import Settings
from ticker.wire.limits import Limits

#: More failures than the feed is restarted for during a test.
FAILURES = 20


def run(port: int, names: tuple[str, ...], limits: Limits, info: Mapping[str, Any], commands: Connection) -> None:
    """Serve until the pipe is closed. The first message back is the server's URL. ``info``: fields of `FeedInfo`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(_serve(port, names, limits, info, commands))


async def _serve(
    port: int, names: tuple[str, ...], limits: Limits, info: Mapping[str, Any], commands: Connection
) -> None:
    feed = ScriptedFeed(names)
    feed.info = replace(feed.info, **info)
    settings = Settings(port=port, heartbeat_s=1.0, limits=limits)
    async with serving(feed, settings) as service:
        commands.send(service.url)
        while True:
            try:
                batch: list[tuple[Any, ...]] = await asyncio.to_thread(commands.recv)
            except EOFError:
                return
            _play(feed, names, batch)


def _play(feed: ScriptedFeed, names: tuple[str, ...], batch: list[tuple[Any, ...]]) -> None:
    now_ns = time.time_ns()
    trades: list[Trade] = []
    quotes: list[Quote] = []
    for kind, *values in batch:
        if kind == "reset":
            feed.put(Restart())
        elif kind == "event":
            feed.put(*values)
        elif kind == "fail":
            for _ in range(FAILURES):
                feed.put(RuntimeError("the test breaks the feed"))
        elif kind == "trade":
            symbol, price, size = values
            trades.append((names.index(symbol), now_ns, float(price), float(size)))
        else:
            symbol, *sides = values
            bid, bid_size, ask, ask_size = map(float, sides)
            quotes.append((names.index(symbol), now_ns, bid, bid_size, ask, ask_size))
    if trades or quotes:
        feed.tick(trades, quotes)

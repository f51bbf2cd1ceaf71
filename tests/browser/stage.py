"""A server whose prices a test sets, in a process of its own.

The test sends lists of commands over a pipe:

| Command                                        | Effect                              |
|------------------------------------------------|-------------------------------------|
| ``("trade", symbol, price, size)``             | a trade                             |
| ``("quote", symbol, bid, bid_size, ask, ask_size)`` | a quote                        |
| ``("print", symbol, price, size, id, conditions, age_s)`` | a trade of a tape        |
| ``("correct", symbol, id, price, size)``       | a correction; without a price it cancels |
| ``("split", symbol, ratio)``                   | a split                             |
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

import numpy as np

from tests.support.market import Quote, Trade, trades
from tests.support.serving import ScriptedFeed, serving
from ticker.model import ConditionTable, Corrections, Restart, Split, TickBatch, Trades
from ticker.server import Settings
from ticker.wire.limits import Limits

#: More failures than the feed is restarted for during a test.
FAILURES = 20
CONDITIONS = ConditionTable()


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
    trade_rows: list[Trade] = []
    quote_rows: list[Quote] = []
    for kind, *values in batch:
        if kind == "reset":
            feed.put(Restart())
        elif kind == "print":
            feed.put(_print(feed, names, now_ns, *values))
        elif kind == "correct":
            symbol, number, price, size = values
            columns = np.array([names.index(symbol)], np.int32), np.array([number]), np.array([now_ns])
            prices = np.nan if price is None else float(price)
            feed.put(Corrections(feed.table, *columns, np.array([prices]), np.array([float(size)])))
        elif kind == "split":
            symbol, ratio = values
            feed.put(Split(feed.table, np.array([names.index(symbol)], np.int32), np.array([float(ratio)]), now_ns))
        elif kind == "fail":
            for _ in range(FAILURES):
                feed.put(RuntimeError("the test breaks the feed"))
        elif kind == "trade":
            symbol, price, size = values
            trade_rows.append((names.index(symbol), now_ns, float(price), float(size)))
        else:
            symbol, *sides = values
            bid, bid_size, ask, ask_size = map(float, sides)
            quote_rows.append((names.index(symbol), now_ns, bid, bid_size, ask, ask_size))
    if trade_rows or quote_rows:
        feed.tick(trade_rows, quote_rows)


def _print(
    feed: ScriptedFeed,
    names: tuple[str, ...],
    now_ns: int,
    symbol: str,
    price: float,
    size: float,
    number: int,
    conditions: tuple[str, ...] = (),
    age_s: float = 0,
) -> TickBatch:
    """One trade with an id and conditions, ``age_s`` old."""
    one = trades([(names.index(symbol), now_ns - int(age_s * 1e9), float(price), float(size))])
    code = np.array([CONDITIONS.code(conditions)], np.int32)
    marked = Trades(one.symbol, one.ts, one.price, one.size, code, np.array([number]))
    return TickBatch(feed.table, marked, conditions=CONDITIONS)

"""A server whose prices a test makes up, as a process of its own.

    python -m tests.browser.stage PORT SYMBOL…

It prints its address, reads a list of ticks in JSON from each line of its input, and ends with it:
``["trade", symbol, price, size]``, ``["quote", symbol, bid, bid_size, ask, ask_size]``; ``["reset"]`` is a
new epoch without any price, ``["fail"]`` a feed that breaks, again and again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from tests.support.market import Quote, Trade
from tests.support.serving import ScriptedFeed, serving
from ticker.model import Restart
from ticker.server import Settings


async def main(port: int, names: tuple[str, ...]) -> None:
    feed = ScriptedFeed(names)
    async with serving(feed, Settings(port=port, heartbeat_s=1.0)) as service:
        print(service.url, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            now_ns = time.time_ns()
            trades: list[Trade] = []
            quotes: list[Quote] = []
            for kind, *values in json.loads(line):
                if kind == "reset":
                    feed.put(Restart())
                elif kind == "fail":
                    # The server starts a feed again, ever later: for a good while it finds it broken.
                    for _ in range(20):
                        feed.put(RuntimeError("the test breaks the feed"))
                elif kind == "trade":
                    symbol, price, size = values
                    trades.append((names.index(symbol), now_ns, price, size))
                else:
                    symbol, *sides = values
                    quotes.append((names.index(symbol), now_ns, *sides))
            feed.tick(trades, quotes)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), tuple(sys.argv[2:])))

"""websockets: ``broadcast`` to the clients of each tick's symbol.

python -m benchmarks.fanout.peers.websockets_broadcast SYMBOLS TICKS_PER_SECOND
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.fanout.peers.market import play

watching: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def client(connection: ServerConnection) -> None:
    async for message in connection:
        for symbol in json.loads(message):
            watching[symbol].add(connection)


def publish(symbol: str, text: str) -> None:
    broadcast(watching[symbol], text)


async def main(symbols: int, ticks_per_second: int) -> None:
    async with serve(client, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=1024) as server:
        print(f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", flush=True)
        await play(symbols, ticks_per_second, publish)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

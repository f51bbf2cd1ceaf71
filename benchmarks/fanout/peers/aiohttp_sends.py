"""aiohttp as in its documentation: ``await socket.send_str`` for each client and tick.

python -m benchmarks.fanout.peers.aiohttp_sends SYMBOLS TICKS_PER_SECOND
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

from aiohttp import web

from benchmarks.fanout.peers.market import play

watching: defaultdict[str, list[web.WebSocketResponse]] = defaultdict(list)
waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(100_000)


async def client(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        for symbol in message.json():
            watching[symbol].append(socket)
    return socket


def publish(symbol: str, text: str) -> None:
    if not waiting.full():
        waiting.put_nowait((symbol, text))


async def send() -> None:
    while True:
        symbol, text = await waiting.get()
        for socket in watching[symbol]:
            await socket.send_str(text)


async def main(symbols: int, ticks_per_second: int) -> None:
    application = web.Application()
    application.router.add_get("/", client)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(f"127.0.0.1:{runner.addresses[0][1]}", flush=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        tasks.create_task(play(symbols, ticks_per_second, publish))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

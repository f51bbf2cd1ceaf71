"""Publishes ticks to a nats-server, with a subject per symbol. The server is measured.

python -m benchmarks.fanout.peers.nats_publisher PORT SYMBOLS TICKS_PER_SECOND
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks.fanout.peers.market import play


async def main(port: int, symbols: int, ticks_per_second: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b'CONNECT {"verbose":false,"pedantic":false}\r\n')

    def publish(symbol: str, text: str) -> None:
        writer.write(f"PUB {symbol} {len(text)}\r\n{text}\r\n".encode())

    async def answer() -> None:
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(answer())
        tasks.create_task(play(symbols, ticks_per_second, publish))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))

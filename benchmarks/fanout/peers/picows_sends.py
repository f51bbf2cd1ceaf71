"""picows: one send for each client and tick.

python -m benchmarks.fanout.peers.picows_sends SYMBOLS TICKS_PER_SECOND
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.fanout.peers.market import play

watching: defaultdict[str, list[WSTransport]] = defaultdict(list)


class Client(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            for symbol in json.loads(frame.get_payload_as_utf8_text()):
                watching[symbol].append(transport)


def publish(symbol: str, text: str) -> None:
    message = text.encode()
    for transport in watching[symbol]:
        transport.send(WSMsgType.TEXT, message)


def accept(_request: WSUpgradeRequest) -> Client:
    return Client()


async def main(symbols: int, ticks_per_second: int) -> None:
    server = await ws_create_server(accept, "127.0.0.1", 0, backlog=1024)
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await play(symbols, ticks_per_second, publish)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

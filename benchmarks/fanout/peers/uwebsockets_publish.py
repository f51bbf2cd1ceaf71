"""uWebSockets with its Python package socketify: ``publish`` to the subscribers of a topic per symbol.

python -m benchmarks.fanout.peers.uwebsockets_publish SYMBOLS TICKS_PER_SECOND
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

from socketify import App, OpCode

from benchmarks.fanout.peers.market import SLICES, Player


def accept(response: Any, request: Any, context: Any) -> None:
    names = ("sec-websocket-key", "sec-websocket-protocol", "sec-websocket-extensions")
    response.upgrade(*(request.get_header(name) for name in names), context, {})


def watch(client: Any, message: str, _opcode: Any) -> None:
    for symbol in json.loads(message):
        client.subscribe(symbol)


def main(symbols: int, ticks_per_second: int) -> None:
    app = App()
    events = {"upgrade": accept, "message": watch}
    app.ws("/*", {"compression": 0, "max_payload_length": 65_536, "idle_timeout": 0, **events})
    # It can't report which free port it took, so it gets one.
    app.listen({"host": "127.0.0.1", "port": free_port()}, lambda config: print(f"127.0.0.1:{config.port}", flush=True))
    player = Player(symbols, ticks_per_second, lambda symbol, text: app.publish(symbol, text, OpCode.TEXT))
    # On its own loop: its bridge to asyncio busy-waits.
    loop = app.loop.uv_loop
    timer = loop.create_timer(0, 1000 // SLICES, lambda player: player.publish_due(), player)
    loop.run()
    timer.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

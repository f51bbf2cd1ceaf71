"""The cost of clients that never read: latency of the others, and memory. The same load with and without, in turns."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Final

from benchmarks.fanout.contenders import TICKER, Running, running
from benchmarks.fanout.frames import client_frame
from benchmarks.fanout.measure import Result, measured
from benchmarks.fanout.processes import many_files, resident_bytes
from benchmarks.fanout.workloads import WORKLOADS
from benchmarks.measure import show

GOOD: Final = WORKLOADS["W1"]
SLOW: Final = 50
REPEATS: Final = 5
SECONDS: Final = 4.0
#: For the memory per client: the number of mute clients in the first measurement, the increase in the second, and the
#: time until buffers are full. The increase must exceed the variation of a process's memory.
FEW: Final = 10
MORE: Final = 200
SETTLED_S: Final = 8.0
_HANDSHAKE: Final = (
    b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
#: The largest subscription: all symbols on all channels.
_SUBSCRIPTIONS: Final = b"".join(
    client_frame(b'{"op":"subscribe","channel":"%b","symbols":["*"],"rate":20}' % channel)
    for channel in (b"ticker", b"trades", b"quotes")
)


class MuteClients:
    """``count`` clients that subscribe to everything and read nothing."""

    def __init__(self, count: int) -> None:
        self._count = count

    @contextmanager
    def __call__(self, server: Running) -> Iterator[None]:
        sockets = [self._connected(server.port) for _ in range(self._count)]
        try:
            yield
        finally:
            for each in sockets:
                each.close()

    def _connected(self, port: int) -> socket.socket:
        made = socket.socket()
        # Before connecting: the receive window is negotiated in the handshake.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        made.connect(("127.0.0.1", port))
        made.sendall(_HANDSHAKE + _SUBSCRIPTIONS)
        return made


def main() -> None:
    many_files()
    # The mute clients must stay connected and lose ticks from the start; the small ring must not hide their memory.
    os.environ.update(TICKER_SLOW_TIMEOUT="3600", TICKER_RING_TICKS="1024")
    mute = MuteClients(SLOW)
    alone: list[Result] = []
    beside: list[Result] = []
    for _ in range(REPEATS):
        alone.append(measured(TICKER, GOOD, SECONDS))
        beside.append(measured(TICKER, GOOD, SECONDS, beside=mute))
    faults = [fault for result in (*alone, *beside) for fault in result.faults]
    if faults:
        raise SystemExit("\n".join(faults))
    rows = [_row("without mute clients", alone, None), _row(f"with {SLOW} mute clients", beside, _kib_each())]
    show(GOOD.title, ["", "server", "µs a frame", "p50 ms", "p99 ms", "KiB a mute client"], rows)
    changes = [
        (after.ages_ms[1] / before.ages_ms[1] - 1) * 100
        for before, after in zip(alone, beside, strict=True)
        if before.ages_ms and after.ages_ms
    ]
    turns = ", ".join(f"{each:+.0f}" for each in changes)
    print(f"p99 of reading clients: {median(changes):+.1f} % (in turns: {turns})")


def _kib_each() -> float:
    """Memory per mute client: the increase by ``MORE`` of them. The first ``FEW`` pay for shared memory."""
    found = []
    for count in (FEW, FEW + MORE):
        with running(TICKER, GOOD.scaled(1)) as server, MuteClients(count)(server):
            time.sleep(SETTLED_S)
            found.append(resident_bytes(server.pid))
    return (found[1] - found[0]) / MORE / 1024


def _row(label: str, results: Sequence[Result], kib: float | None) -> list[str]:
    ages = [result.ages_ms for result in results if result.ages_ms]
    return [
        label,
        f"{median(result.server for result in results):.0%}",
        f"{median(result.us_a_frame for result in results):.1f}",
        f"{median(age[0] for age in ages):.1f}",
        f"{median(age[1] for age in ages):.1f}",
        "" if kib is None else f"{kib:.0f}",
    ]


if __name__ == "__main__":
    main()

"""The floor: the kernel's cost of sending prepared frames.

    python -m benchmarks.fanout.floor CLIENTS FRAME_BYTES

It answers the handshakes, waits for all clients, and then sends each the same frame 20 times a second with
``socket.send`` in a loop. Python adds about a third of a microsecond to the system call.
"""

from __future__ import annotations

import socket
import sys
import time

from benchmarks.fanout.frames import server_frame
from benchmarks.fanout.processes import many_files

RATE_HZ = 20
# The answer to the key that the load sends (RFC 6455, section 1.3).
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def main(clients: int, frame_bytes: int) -> None:
    many_files()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
        sockets = [_accepted(listener) for _ in range(clients)]
    frame = server_frame(b"x" * max(0, frame_bytes - 4))
    due = time.perf_counter()
    while True:
        for send in [sock.send for sock in sockets]:
            try:
                send(frame)
            except BlockingIOError:
                continue
            except OSError:
                return
        due += 1 / RATE_HZ
        time.sleep(max(0.0, due - time.perf_counter()))


def _accepted(listener: socket.socket) -> socket.socket:
    sock, _ = listener.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = b""
    while b"\r\n\r\n" not in request:
        request += sock.recv(4096)
    sock.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n"
    )
    sock.setblocking(False)
    return sock


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

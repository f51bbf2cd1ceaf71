"""What the kernel is told about a client's TCP connection, and asked about it. Where it has no such option, nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio.trsock import TransportSocket
from typing import Final

# linux/tcp.h, struct tcp_info: eight bytes of small fields, then 32-bit ones; these are the 5th and the 13th of them.
_UNACKED: Final = 8 + 4 * 4
_LAST_ACK_RECEIVED: Final = 8 + 12 * 4


def tune(transport: asyncio.Transport, *, send_buffer_bytes: int, dead_after_s: float) -> None:
    """Keep the kernel's buffer small, and find a peer that vanished: by what it does not acknowledge, or by asking."""
    found = _socket(transport)
    if found is None:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    acknowledged_within(transport, dead_after_s)


def acknowledged_within(transport: asyncio.Transport, seconds: float) -> None:
    """The kernel ends a connection whose peer takes longer, or has no room for so long (TCP_USER_TIMEOUT)."""
    found = _socket(transport)
    if found is not None:
        all_acknowledged_within(found, seconds)


def all_acknowledged_within(found: socket.socket | TransportSocket, seconds: float) -> None:
    """The same of a socket; of one that listens, for each connection that it is to accept."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        found.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def unheard_s(transport: asyncio.Transport) -> float:
    """For how long the peer's machine has acknowledged nothing, although it was sent something; 0 if it has."""
    found, option = _socket(transport), getattr(socket, "TCP_INFO", None)
    if found is None or option is None:
        return 0.0
    info = found.getsockopt(socket.IPPROTO_TCP, option, 104)
    if len(info) < _LAST_ACK_RECEIVED + 4 or not struct.unpack_from("I", info, _UNACKED)[0]:
        return 0.0
    age_ms: int = struct.unpack_from("I", info, _LAST_ACK_RECEIVED)[0]
    return age_ms / 1000


def _socket(transport: asyncio.Transport) -> socket.socket | None:
    found: socket.socket | None = transport.get_extra_info("socket")
    return found

"""TCP options of client connections. Each is skipped where the system doesn't have it."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio.trsock import TransportSocket
from typing import Final

# linux/tcp.h, struct tcp_info: eight bytes of small fields, then 32-bit ones, of which these are the 5th and the 13th.
_UNACKED: Final = 8 + 4 * 4
_LAST_ACK_RECEIVED: Final = 8 + 12 * 4


def configure_tcp(transport: asyncio.Transport, *, send_buffer_bytes: int, dead_after_s: float) -> None:
    """Limit the kernel's send buffer, and have the kernel end connections whose peer has vanished."""
    found = _socket(transport)
    if found is None:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    set_user_timeout(found, dead_after_s)


def set_user_timeout(found: socket.socket | TransportSocket | asyncio.Transport, seconds: float) -> None:
    """End a connection whose sent data stays unacknowledged, or unsent for a full receive window, for this long.

    TCP_USER_TIMEOUT (RFC 5482). Connections inherit it from a listening socket.
    """
    target = found if isinstance(found, socket.socket | TransportSocket) else _socket(found)
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if target is not None and option is not None:
        target.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def unacknowledged_s(transport: asyncio.Transport) -> float:
    """How long the peer has acknowledged nothing while sent data waits for it; 0 if nothing waits."""
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

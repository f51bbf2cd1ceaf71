"""WebSocket frames in a stream of bytes, as a server sends them (RFC 6455, section 5.2): no mask, no fragments."""

from __future__ import annotations

from collections.abc import Iterator

FIN_TEXT = 0x81
FIN_BINARY = 0x82


def payloads(buffer: bytearray) -> Iterator[bytes]:
    """The payloads of the complete frames at the start of ``buffer``, which are removed when all are read."""
    at = 0
    while (found := _header(buffer, at)) is not None and at + sum(found) <= len(buffer):
        header, length = found
        yield bytes(buffer[at + header : at + header + length])
        at += header + length
    del buffer[:at]


def _header(buffer: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """The lengths of header and payload; None if the header is incomplete."""
    have = len(buffer) - at
    if have < 2:
        return None
    length = buffer[at + 1]
    if length < 126:
        return 2, length
    if length == 126:
        return (4, buffer[at + 2] << 8 | buffer[at + 3]) if have >= 4 else None
    return (10, int.from_bytes(buffer[at + 2 : at + 10], "big")) if have >= 10 else None


def server_frame(payload: bytes, opcode: int = FIN_TEXT) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((opcode, size)) + payload
    if size < 65_536:
        return bytes((opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((opcode, 127)) + size.to_bytes(8, "big") + payload


def client_frame(payload: bytes, opcode: int = FIN_TEXT) -> bytes:
    """A frame with a mask of zeros, which costs the server as much as any other."""
    frame = bytearray(server_frame(payload, opcode))
    frame[1] |= 0x80
    header = len(frame) - len(payload)
    return bytes(frame[:header]) + bytes(4) + payload

"""WebSocket frames as a client sends them, and a client that sends arbitrary bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MASK = b"\x01\x82\x43\xf4"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
#: The answer to KEY (RFC 6455, section 1.3).
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def sent(opcode: int, payload: bytes, *, last: bool = True, mask: bytes = MASK, reserved: int = 0) -> bytes:
    """A masked frame (RFC 6455, section 5.2)."""
    first = (0x80 if last else 0) | reserved | opcode
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def handshake(
    *, path: str = "/v1/stream", version: str = "1.1", drop: tuple[str, ...] = (), **headers: str | list[str]
) -> bytes:
    """An upgrade request. ``headers`` (underscores for dashes) are added or replaced, those in ``drop`` left out."""
    lines: dict[str, str | list[str]] = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    for name, value in headers.items():
        lines[name.replace("_", "-")] = value
    head = f"GET {path} HTTP/{version}\r\n"
    for name, value in lines.items():
        if name not in drop:
            head += "".join(f"{name}: {each}\r\n" for each in ([value] if isinstance(value, str) else value))
    return f"{head}\r\n".encode()


class RawClient:
    """Sends bytes, and reads the server's response and frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *chunks: bytes) -> None:
        self.writer.write(b"".join(chunks))

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers, whose names are in lower case."""
        text = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)).decode()
        first, *lines = text.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame, which must be final and unmasked."""
        # ``wait_for`` can lose a cancellation.
        async with asyncio.timeout(60):
            first, second = await self.reader.readexactly(2)
        assert first & 0xF0 == 0x80
        assert second < 128
        size = second
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0xF, await self.reader.readexactly(size)

    async def until(self, opcode: int) -> bytes:
        while True:
            found, payload = await self.frame()
            if found == opcode:
                return payload

    async def closed(self) -> int:
        """The close code; 1005 without one."""
        payload = await self.until(8)
        return int.from_bytes(payload[:2], "big") if payload else 1005

    async def ended(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(1), 60) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def raw_client(port: int, source: str = "127.0.0.1") -> AsyncIterator[RawClient]:
    """A client with this address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()

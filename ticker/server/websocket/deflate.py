"""Compresses and decompresses single messages (RFC 7692, section 7.2).

No context is kept between messages: a compressed message can be sent to every client, and no client costs memory here.
"""

from __future__ import annotations

import zlib
from typing import Final

#: The LZ77 window. Prices repeat from one symbol to the next: 15 bits save no more, and some clients ask for fewer.
WINDOW_BITS: Final = 12
#: The fastest level: 12 to 16 µs for 3 KiB. Level 6 takes up to twice as long and saves another twentieth.
_LEVEL: Final = 1
#: As much memory as the window: 32 KiB in total while a message is being compressed.
_MEMORY_LEVEL: Final = 5
#: Ends a flush; omitted on the wire.
_FLUSH_TAIL: Final = b"\x00\x00\xff\xff"
#: The tail, and an empty final block, which is reached only if the message ended at a block's end.
_END: Final = _FLUSH_TAIL + b"\x01\x00\x00\xff\xff"
#: Final blocks in one message. Clients whose zlib can't flush end each message with one.
_MAX_FINAL_BLOCKS: Final = 16


class CorruptError(Exception):
    """The data is not a compressed message."""


class OversizeError(Exception):
    """The decompressed message exceeds the limit."""


def compress(message: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS, _MEMORY_LEVEL)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_FLUSH_TAIL)


def decompress(data: bytes, limit: int) -> bytes:
    """Decompress to at most ``limit`` bytes; produces at most one more. Raises ``CorruptError``, ``OversizeError``."""
    rest, message = data + _END, b""
    for _ in range(_MAX_FINAL_BLOCKS):
        decompressor = zlib.decompressobj(-zlib.MAX_WBITS, zdict=message[-1 << zlib.MAX_WBITS :])
        try:
            message += decompressor.decompress(rest, limit + 1 - len(message))
        except zlib.error:
            raise CorruptError from None
        if len(message) > limit:
            raise OversizeError
        if not decompressor.eof:
            raise CorruptError
        rest = decompressor.unused_data
        if not rest:
            return message
    raise CorruptError

"""Messages compressed and inflated, each by itself (RFC 7692, section 7.2). Knows neither frames nor clients.

Nothing of a message is kept for the next one: so a compressed message is good for every client, and none has a state of
its own here.
"""

from __future__ import annotations

import zlib
from typing import Final

#: Of the window that messages are compressed with. Prices repeat themselves from one symbol to the next: the largest,
#: of 15 bits, saves no more, and some clients ask for a smaller one.
WINDOW_BITS: Final = 12
#: The fastest, at 12 to 16 µs for 3 KiB. Level 6 takes up to twice as long and saves a twentieth of the size more.
_LEVEL: Final = 1
#: As much memory as the window takes itself: 32 KiB in all, while a message is compressed.
_MEMORY_LEVEL: Final = 5
#: What a flush ends with; it is left out on the wire.
_FLUSHED: Final = b"\x00\x00\xff\xff"
#: Behind that, an empty last block: only what ends where a block does gets as far as that.
_END: Final = _FLUSHED + b"\x01\x00\x00\xff\xff"
#: A last block may be followed by more; clients that can't flush write one for each message.
_MAX_LAST_BLOCKS: Final = 16


class BrokenError(Exception):
    """This is nothing that was compressed."""


class OversizeError(Exception):
    """More comes out than may."""


def deflated(message: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS, _MEMORY_LEVEL)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_FLUSHED)


def inflated(data: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes; no more than one above that is made. Raises ``BrokenError`` or ``OversizeError``."""
    rest, message = data + _END, b""
    for _ in range(_MAX_LAST_BLOCKS):
        inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=message[-1 << zlib.MAX_WBITS :])
        try:
            message += inflater.decompress(rest, limit + 1 - len(message))
        except zlib.error:
            raise BrokenError from None
        if len(message) > limit:
            raise OversizeError
        if not inflater.eof:
            raise BrokenError
        rest = inflater.unused_data
        if not rest:
            return message
    raise BrokenError

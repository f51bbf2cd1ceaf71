"""Compression and decompression by RFC 7692, without context, and within limits."""

from __future__ import annotations

import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.server.websocket.deflate import WINDOW_BITS, CorruptError, OversizeError, compress, decompress

BOMB_BYTES = 64 * 2**20


def bomb() -> bytes:
    """64 MiB of zeros, compressed to less than 64 KiB."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(compressor.compress(bytes(2**20)) for _ in range(BOMB_BYTES // 2**20))
    return (data + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def last_block(message: bytes, so_far: bytes = b"") -> bytes:
    """A message compressed by a client that can't flush, and ends its data each time."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=so_far)
    return compressor.compress(message) + compressor.flush()


@given(st.one_of(st.binary(max_size=3_000), st.text("0123456789.,AB", max_size=3_000).map(str.encode)))
def test_a_compressed_message_is_decompressed(message: bytes) -> None:
    """Unless it exceeds the limit."""
    data = compress(message)
    assert decompress(data, len(message)) == message
    if message:
        with pytest.raises(OversizeError):
            decompress(data, len(message) - 1)


def test_references_stay_within_the_window() -> None:
    """Clients may keep no more than the negotiated window."""
    block = random.Random(7).randbytes(1 << WINDOW_BITS)
    assert len(compress(block[:2_000] * 2)) < 2_100
    assert len(compress(block * 2)) >= 2 * len(block)


def test_a_frame_of_prices_shrinks_to_a_third() -> None:
    fragment = '"S{0:03}":{{"last":1{0}.{1:02},"bid":1{0}.{1:02},"bid_size":{1}00,"ts":17042058000{0:03}00000}}'
    message = ",".join(fragment.format(number, number * 37 % 100) for number in range(40)).encode()
    assert 2_500 < len(message) < 4_000
    assert len(compress(message)) < len(message) / 3


#: RFC 7692, section 7.2.3: encodings of "Hello".
OTHERS = {
    "a block": "f248cdc9c90700",
    "a block that is not compressed": "000500faff48656c6c6f00",
    "a last block": "f348cdc9c9070000",
    "two blocks": "f24805000000ffffcac9c90700",
    "a block, and an empty one": "f248cdc9c907000000ffff00",
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_the_rfcs_encodings_are_decompressed(data: str) -> None:
    assert decompress(bytes.fromhex(data), 5) == b"Hello"
    with pytest.raises(OversizeError):
        decompress(bytes.fromhex(data), 4)


def test_an_empty_message_is_compressed_to_one_byte() -> None:
    assert compress(b"") == b"\x00"
    assert decompress(b"\x00", 0) == b""


def test_a_final_block_may_be_followed_by_more_blocks() -> None:
    """They may refer to data before it. Their number is limited."""
    words = b"prices, and more prices, "
    parts = [last_block(words), *(last_block(words, words * place) for place in range(1, 10))]
    assert len(parts[-1]) < len(words) / 2
    assert decompress(b"".join(parts) + b"\x00", 1_000) == words * 10
    with pytest.raises(CorruptError):
        decompress(last_block(b"") * 30_000 + b"\x00", 1_000)


BROKEN = {
    "nothing": b"",
    "a block of type 3": b"\x07\x00",
    "plain text": b'{"op":"ping"}',
    "a distance too far": bytes.fromhex("f200110000"),
    "lengths that differ": b"\x00\x05\x00\xfb\xffHello\x00",
    "cut off": compress(b"x, y, z, " * 20 + bytes(range(200)))[:-9],
    "cut off at the end": bytes.fromhex("f248cdc9c907"),
    "a block of more than came": b"\x00\x64\x00\x9b\xffHello",
    "a last block without its padding": bytes.fromhex("f348cdc9c90700"),
    "behind a last block, no block": last_block(b"Hello") + b"\xff",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_corrupt_messages_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptError):
        decompress(data, 1_000)


@given(st.binary(max_size=300))
def test_any_bytes_are_decompressed_or_refused(data: bytes) -> None:
    """With one of the two errors; the result never exceeds the limit."""
    try:
        message = decompress(data, 1_000)
    except (CorruptError, OversizeError):
        return
    assert len(message) <= 1_000


def test_a_bomb_takes_no_memory() -> None:
    """64 KiB that decompress to 64 MiB are refused after one byte more than the limit."""
    data = bomb()
    assert len(data) < 65_536
    tracemalloc.start()
    try:
        with pytest.raises(OversizeError):
            decompress(data, 65_536)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 500_000

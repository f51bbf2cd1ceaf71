"""WebSocket frames: valid ones are read however they are split, invalid ones are violations."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.frames import MASK, sent
from tests.unit.server.websocket.test_deflate import bomb
from ticker.server.websocket.deflate import compress, decompress
from ticker.server.websocket.frames import (
    DEFLATED_FROM_BYTES,
    MAX_FRAGMENTS,
    DeflatingFramer,
    Frame,
    FrameReader,
    MessageFramer,
    Opcode,
    Violation,
    close_frame,
    encode_frame,
)


def read(*chunks: bytes, limit: int = 65_536, inflates: bool = False) -> list[Frame]:
    reader = FrameReader(limit, inflates=inflates)
    frames = []
    for chunk in chunks:
        reader.feed(chunk)
        while (frame := reader.next()) is not None:
            frames.append(frame)
    return frames


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_message_of_any_size(size: int) -> None:
    payload = bytes(place * 7 % 256 for place in range(size))
    assert read(sent(2, payload), limit=70_000) == [Frame(Opcode.BINARY, payload)]
    assert encode_frame(Opcode.BINARY, payload).endswith(payload)
    # A server's frame, masked, is a client's.
    assert len(sent(2, payload)) == len(encode_frame(Opcode.BINARY, payload)) + 4


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Frame], bytes]:
    """Fragmented messages with control frames between fragments, and their bytes."""
    frames, wire = [], b""
    for _ in range(draw(st.integers(0, 5))):
        is_text = draw(st.booleans())
        words = draw(st.text(max_size=200))
        data = words.encode() if is_text else draw(st.binary(max_size=300))
        pieces = draw(st.integers(1, 4))
        cuts = sorted(draw(st.lists(st.integers(0, len(data)), min_size=pieces - 1, max_size=pieces - 1)))
        for place, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(data)], strict=True)):
            if draw(st.booleans()):
                ping = draw(st.binary(max_size=125))
                frames.append(Frame(Opcode.PING, ping))
                wire += sent(9, ping, mask=draw(st.binary(min_size=4, max_size=4)))
            opcode = 0 if place else (1 if is_text else 2)
            wire += sent(opcode, data[start:end], last=place == pieces - 1)
        frames.append(Frame(Opcode.TEXT, words) if is_text else Frame(Opcode.BINARY, data))
    return frames, wire


@given(streams(), st.data())
def test_frames_are_read_however_the_bytes_are_split(stream: tuple[list[Frame], bytes], data: st.DataObject) -> None:
    frames, wire = stream
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    assert read(*(wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True))) == frames


def test_frames_are_read_byte_by_byte() -> None:
    wire = sent(1, "é".encode(), last=False) + sent(9, b"hi") + sent(0, b"!") + sent(8, b"\x03\xe8bye")
    frames = read(*(bytes((byte,)) for byte in wire))
    assert frames == [
        Frame(Opcode.PING, b"hi"),
        Frame(Opcode.TEXT, "é!"),
        Frame(Opcode.CLOSE, b"\x03\xe8bye"),
    ]
    assert (frames[-1].close_code, frames[-1].data) == (1000, b"\x03\xe8bye")
    assert read(sent(8, b""))[0].close_code == 1005


#: What RFC 6455 forbids a client, and the close code.
FORBIDDEN = {
    "unmasked": (bytes((0x81, 2)) + b"hi", 1002),
    "reserved bit 1": (sent(1, b"hi", reserved=0x40), 1002),
    "reserved bit 2": (sent(1, b"hi", reserved=0x20), 1002),
    "reserved bit 3": (sent(2, b"hi", reserved=0x10), 1002),
    "compressed ping": (sent(9, b"hi", reserved=0x40), 1002),
    "opcode 3": (sent(3, b""), 1002),
    "opcode 7": (sent(7, b"", last=False), 1002),
    "opcode 11": (sent(11, b""), 1002),
    "opcode 15": (sent(15, b""), 1002),
    "ping in fragments": (sent(9, b"hi", last=False), 1002),
    "ping too long": (sent(9, bytes(126)), 1002),
    "close in fragments": (sent(8, b"", last=False), 1002),
    "continuation of nothing": (sent(0, b"hi"), 1002),
    "continuation after the end": (sent(1, b"a", last=False) + sent(0, b"b") + sent(0, b"c"), 1002),
    "message within fragments": (sent(1, b"a", last=False) + sent(1, b"b"), 1002),
    "length in too many bytes": (bytes((0x82, 0xFE, 0, 5)) + MASK + bytes(5), 1002),
    "length in far too many": (bytes((0x82, 0xFF)) + (200).to_bytes(8, "big"), 1002),
    "length of 2^63": (bytes((0x82, 0xFF)) + (1 << 63).to_bytes(8, "big"), 1009),
    "too large, before it has come": (bytes((0x82, 0xFF)) + (65_537).to_bytes(8, "big"), 1009),
    "too large in fragments": (sent(2, bytes(40_000), last=False) + sent(0, bytes(40_000)), 1009),
    "text that is not UTF-8": (sent(1, b"\xc3\x28"), 1007),
    "text with a surrogate": (sent(1, b"\xed\xa0\x80"), 1007),
    "text cut within a letter": (sent(1, b"\xc3", last=False) + sent(0, b""), 1007),
    "close with one byte": (sent(8, b"\x03"), 1002),
    "reason that is not UTF-8": (sent(8, b"\x03\xe8\xff"), 1007),
    **{
        f"close with {code}": (sent(8, code.to_bytes(2, "big")), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
}


@pytest.mark.parametrize(("wire", "code"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_frames_are_violations(wire: bytes, code: int) -> None:
    with pytest.raises(Violation) as caught:
        read(wire)
    assert caught.value.code == code
    assert caught.value.reason


#: What else is forbidden if compression was negotiated.
FORBIDDEN_DEFLATED = {
    "compressed ping": (sent(9, b"hi", reserved=0x40), 1002),
    "compressed close": (sent(8, b"", reserved=0x40), 1002),
    "compressed later": (sent(1, b"a", last=False) + sent(0, compress(b"b"), reserved=0x40), 1002),
    "compressed again": (sent(1, compress(b"ab")[:2], last=False, reserved=0x40) + sent(0, b"", reserved=0x40), 1002),
    "compressed nothing": (sent(1, b"", reserved=0x40), 1007),
    "compressed, and another bit": (sent(1, compress(b"a"), reserved=0x60), 1002),
    "nothing that was compressed": (sent(1, b"hi", reserved=0x40), 1007),
    "cut off": (sent(2, compress(bytes(range(200)))[:-1], reserved=0x40), 1007),
    "compressed, not UTF-8": (sent(1, compress(b"\xc3\x28"), reserved=0x40), 1007),
    "too large once inflated": (sent(2, compress(bytes(65_537)), reserved=0x40), 1009),
    "too large before": (bytes((0xC2, 0xFF)) + (65_537).to_bytes(8, "big"), 1009),
    "a bomb": (sent(2, bomb(), reserved=0x40), 1009),
    "a bomb in fragments": (
        sent(2, bomb()[:100], last=False, reserved=0x40) + sent(0, bomb()[100:], last=False) + sent(0, b""),
        1009,
    ),
}


@pytest.mark.parametrize(
    ("wire", "code"),
    [FORBIDDEN[name] for name in FORBIDDEN if name != "reserved bit 1"] + [*FORBIDDEN_DEFLATED.values()],
)
def test_forbidden_frames_with_compression_are_violations(wire: bytes, code: int) -> None:
    with pytest.raises(Violation) as caught:
        read(wire, inflates=True)
    assert caught.value.code == code
    assert caught.value.reason


def test_a_compressed_message_is_read() -> None:
    """Fragmented or not, split anywhere, with control frames between. Plain messages are read as well."""
    words, data = "prices, é " * 50, compress(("prices, é " * 50).encode())
    wire = sent(1, data[:1], last=False, reserved=0x40) + sent(9, b"hi") + sent(0, b"", last=False) + sent(0, data[1:])
    wire += sent(1, b"plain", last=False) + sent(0, b"!") + sent(2, data, reserved=0x40) + sent(2, data)
    frames = [
        Frame(Opcode.PING, b"hi"),
        Frame(Opcode.TEXT, words),
        Frame(Opcode.TEXT, "plain!"),
        Frame(Opcode.BINARY, words.encode()),
        Frame(Opcode.BINARY, data),
    ]
    assert read(wire, inflates=True) == frames
    assert read(*(bytes((byte,)) for byte in wire), inflates=True) == frames


def test_a_decompressed_message_may_have_as_many_bytes_as_the_limit() -> None:
    wire = sent(2, compress(bytes(65_536)), reserved=0x40)
    assert read(wire, wire, inflates=True) == [Frame(Opcode.BINARY, bytes(65_536))] * 2


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4000, 4999])
def test_valid_close_codes(code: int) -> None:
    assert read(sent(8, code.to_bytes(2, "big")))[0].close_code == code


def test_messages_before_a_violation_are_read() -> None:
    reader = FrameReader(100)
    reader.feed(sent(1, b"fine") + bytes((0x81, 0)))
    assert reader.next() == Frame(Opcode.TEXT, "fine")
    with pytest.raises(Violation, match="masked"):
        reader.next()


def test_the_number_of_fragments_is_limited() -> None:
    """Also of empty ones: without a limit they would evade the rate limit."""
    fragments = sent(0, b"", last=False) * (MAX_FRAGMENTS - 2)
    whole = sent(1, b"a", last=False) + fragments + sent(0, b"b")
    assert read(whole, whole) == [Frame(Opcode.TEXT, "ab")] * 2
    with pytest.raises(Violation, match="fragments"):
        read(sent(1, b"a", last=False) + fragments + sent(0, b"", last=False) + sent(0, b"b"))


def test_a_frame_is_built_once_for_all_receivers() -> None:
    framer = MessageFramer(is_text=True)
    payload = b"x" * 200
    frame = framer.frame(payload)
    assert frame == b"\x81\x7e\x00\xc8" + payload
    assert framer.frame(payload) is frame
    assert MessageFramer(is_text=False).frame(b"") == b"\x82\x00"


@pytest.mark.parametrize("is_text", [True, False])
def test_a_frame_is_compressed_once_for_all_receivers(is_text: bool) -> None:
    """It is marked as compressed, and needs no message before it."""
    framer = DeflatingFramer(MessageFramer(is_text=is_text))
    payloads = [bytes((letter,)) * 70_000 for letter in b"abc"]
    for payload in payloads:
        frame = framer.frame(payload)
        assert framer.frame(payload) is frame
        assert frame[:2] == bytes((0xC1 if is_text else 0xC2, 126))
        assert len(frame) < 500
        assert decompress(frame[4:], 70_000) == payload


def test_messages_that_are_small_or_do_not_shrink_are_not_compressed() -> None:
    """They share the frame of clients without compression."""
    plain = MessageFramer(is_text=True)
    framer = DeflatingFramer(plain)
    for payload in (b"", b"x" * (DEFLATED_FROM_BYTES - 1), random.Random(7).randbytes(DEFLATED_FROM_BYTES)):
        assert framer.frame(payload) is plain.frame(payload)
        assert framer.frame(payload)[0] == 0x81
    assert framer.frame(b"x" * DEFLATED_FROM_BYTES)[0] == 0xC1


def test_the_reason_of_a_close_is_cut_between_characters() -> None:
    frame = close_frame(1008, "ä" * 100)
    assert frame[:2] == bytes((0x88, 2 + 122))
    assert frame[4:].decode() == "ä" * 61

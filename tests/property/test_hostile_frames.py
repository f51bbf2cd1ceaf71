"""A frame reader turns any bytes into messages or a violation, and holds no more than the limits allow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.frames import sent
from ticker.server.websocket.deflate import compress
from ticker.server.websocket.frames import MAX_CONTROL_BYTES, Frame, FrameReader, Opcode, Violation

LIMIT = 300
#: Header bytes of the largest frame, and of a control frame between fragments.
_HEADER = 14
_BETWEEN = 6 + MAX_CONTROL_BYTES
_CODES = {1002, 1007, 1009}

_payloads = st.one_of(
    st.binary(max_size=140),
    st.text(max_size=60).map(str.encode),
    st.sampled_from([LIMIT // 2, LIMIT // 2, LIMIT // 2 + 1, LIMIT, LIMIT + 1]).map(bytes),
    st.sampled_from([b"\x03\xe8", b"\x03\xee", b"\xff\xff", b"\xc3", b"\xed\xa0\x80"]),
    st.sampled_from([compress(b"hello"), compress(bytes(LIMIT)), compress(bytes(LIMIT + 1)), compress(b"\xff" * 9)]),
)
_masks = st.binary(min_size=4, max_size=4)
#: Mostly valid, so that errors occur within a message.
_opcodes = st.one_of(st.sampled_from([0, 0, 1, 2, 8, 9, 10]), st.integers(0, 15))
_reserved = st.sampled_from([0] * 6 + [0x40, 0x40, 0x20, 0x10, 0x70])
_frames = st.builds(
    lambda opcode, payload, last, mask, reserved: sent(opcode, payload, last=last, mask=mask, reserved=reserved),
    *(_opcodes, _payloads, st.booleans(), _masks, _reserved),
)
#: Fragmented messages with control frames between fragments.
_pieces = st.builds(
    lambda opcode, first, between, rest, mask: b"".join(
        (
            sent(opcode, first, last=False, mask=mask),
            *(between + sent(0, piece, last=place == len(rest) - 1) for place, piece in enumerate(rest)),
        )
    ),
    *(st.sampled_from([1, 2]), _payloads, st.sampled_from([b"", b"", sent(9, b"?")])),
    *(st.lists(_payloads, min_size=1, max_size=4), _masks),
)
#: Headers whose payload doesn't follow.
_lies = st.builds(
    lambda first, size, told: bytes((first, size)) + told,
    *(st.integers(0, 255), st.sampled_from([0xFE, 0xFF, 0x7E, 0x7F, 0xFD, 0x80]), st.binary(max_size=12)),
)
_parts = st.one_of(_frames, _frames, _pieces, _pieces, _lies, st.binary(max_size=20))
_wire = st.lists(_parts, max_size=12).map(b"".join)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """A stream of frames with some bytes changed."""
    wire = bytearray(draw(_wire))
    for _ in range(draw(st.integers(0, 3))):
        if wire:
            wire[draw(st.integers(0, len(wire) - 1))] = draw(st.integers(0, 255))
    return bytes(wire)


def _read(chunks: list[bytes], *, inflates: bool) -> tuple[list[Frame], int | None]:
    """The frames, and the code of the violation that ended them."""
    reader = FrameReader(LIMIT, inflates=inflates)
    frames: list[Frame] = []
    for chunk in chunks:
        reader.feed(chunk)
        try:
            while (frame := reader.next()) is not None:
                frames.append(frame)
        except Violation as violation:
            return frames, violation.code
        assert len(reader._message) <= LIMIT
        assert len(reader._buffer) + len(reader._message) <= LIMIT + max(_HEADER, _BETWEEN)
    return frames, None


@given(_mutated(), st.data(), st.booleans())
def test_any_bytes_are_frames_or_a_violation(wire: bytes, data: st.DataObject, inflates: bool) -> None:
    """The result doesn't depend on how the bytes are split, and no message exceeds the limit."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    pieces = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    frames, code = _read([wire], inflates=inflates)
    assert (frames, code) == _read(pieces, inflates=inflates)
    assert code is None or code in _CODES
    for frame in frames:
        if frame.opcode >= Opcode.CLOSE:
            assert isinstance(frame.data, bytes)
            assert len(frame.data) <= MAX_CONTROL_BYTES
            if frame.opcode is Opcode.CLOSE:
                assert frame.close_code not in (1004, 1006, 1015)
                frame.data[2:].decode()
        else:
            assert isinstance(frame.data, str) is (frame.opcode is Opcode.TEXT)
            assert len(frame.data.encode() if isinstance(frame.data, str) else frame.data) <= LIMIT

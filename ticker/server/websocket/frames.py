"""WebSocket frames (RFC 6455, section 5) without I/O: an encoder, and a strict reader.

A client that breaks the protocol raises a ``Violation`` with the close code to send. Messages may be compressed
(RFC 7692) if both sides have negotiated that.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import msgspec

from ticker.server.websocket.deflate import CorruptError, OversizeError, compress, decompress

if TYPE_CHECKING:
    from ticker.fanout.subscription import Position


class Opcode(IntEnum):
    """Section 5.2."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


#: Section 5.5: the maximum payload of close, ping and pong.
MAX_CONTROL_BYTES: Final = 125
#: Fragments in one message. Unlimited, they would evade the limit on messages.
MAX_FRAGMENTS: Final = 256
#: Smaller messages fit one packet anyway and are sent uncompressed.
DEFLATED_FROM_BYTES: Final = 1_024

#: Headers, by the width of the payload's size. Packing them takes a third of the time of joining bytes.
_SHORT, _LONG, _HUGE = struct.Struct(">BB").pack, struct.Struct(">BBH").pack, struct.Struct(">BBQ").pack
_FIN: Final = 0x80
_RESERVED: Final = 0x70
#: RFC 7692, section 6: RSV1, on the first frame of a compressed message.
_DEFLATED: Final = 0x40
_MASKED: Final = 0x80
_NO_CODE: Final = 1005
_NO_HEADER: Final = (0, -1, 0)


class Violation(Exception):  # noqa: N818 - RFC 6455's term
    """A client broke the protocol. ``code`` is the close code (section 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Frame(msgspec.Struct, frozen=True):
    """A control frame or a whole message, its fragments joined. ``data`` of a text message is a ``str``."""

    opcode: Opcode
    data: str | bytes

    @property
    def close_code(self) -> int:
        """The code of a close frame; 1005 if it has none."""
        assert isinstance(self.data, bytes)
        return int.from_bytes(self.data[:2], "big") if self.data else _NO_CODE


def encode_frame(opcode: Opcode, payload: bytes, *, is_deflated: bool = False) -> bytes:
    """A message in one unmasked frame."""
    return _with_header(_FIN | opcode | (_DEFLATED if is_deflated else 0), payload)


def _with_header(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return _SHORT(first, size) + payload
    if size < 65_536:
        return _LONG(first, 126, size) + payload
    return _HUGE(first, 127, size) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame. The reason is cut to what a control frame holds."""
    text = reason.encode()[: MAX_CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return encode_frame(Opcode.CLOSE, code.to_bytes(2, "big") + text)


class MessageFramer:
    """Frames payloads and keeps the last frame: a group's members are written to one after the other."""

    def __init__(self, *, is_text: bool) -> None:
        self.opcode = Opcode.TEXT if is_text else Opcode.BINARY
        self._first = int(_FIN | self.opcode)
        self._payload = b""
        self._frame = encode_frame(self.opcode, b"")

    def frame(self, payload: bytes, position: Position | None = None) -> bytes:  # noqa: ARG002 - in the payload
        if payload is not self._payload:
            self._payload, self._frame = payload, _with_header(self._first, payload)
        return self._frame


class DeflatingFramer:
    """A framer for clients with compression: compresses each message once for all of them.

    Small messages, and those that compression doesn't shrink, are framed by ``plain``.
    """

    def __init__(self, plain: MessageFramer) -> None:
        self._plain = plain
        self._payload = b""
        self._frame = plain.frame(b"")

    def frame(self, payload: bytes, position: Position | None = None) -> bytes:  # noqa: ARG002 - in the payload
        if payload is not self._payload:
            self._payload, self._frame = payload, self._encode(payload)
        return self._frame

    def _encode(self, payload: bytes) -> bytes:
        if len(payload) >= DEFLATED_FROM_BYTES:
            compressed = compress(payload)
            if len(compressed) < len(payload):
                return encode_frame(self._plain.opcode, compressed, is_deflated=True)
        return self._plain.frame(payload)


class FrameReader:
    """Reads a client's frames. ``inflates``: compression was negotiated.

    A message has at most ``limit`` bytes, compressed or not, in at most ``fragments`` fragments. A larger one is
    refused by its header.
    """

    # fmt: off
    __slots__ = (
        "_buffer", "_header", "_inflates", "_is_deflated", "_limit", "_max_fragments", "_message",
        "_opcode", "fragments",
    )
    # fmt: on

    def __init__(self, limit: int, *, inflates: bool = False, fragments: int = MAX_FRAGMENTS) -> None:
        self._limit = limit
        self._max_fragments = fragments
        self._inflates = inflates
        self._buffer = bytearray()
        #: The next frame's first byte, payload size (-1: header incomplete) and header size.
        self._header = _NO_HEADER
        #: The fragmented message being received, if any.
        self._opcode: Opcode | None = None
        self._is_deflated = False
        #: How many fragments the message has so far, or the last message had. 0: it has one frame.
        self.fragments = 0
        self._message = bytearray()

    @property
    def buffered(self) -> int:
        """How many bytes were received after the last frame."""
        return len(self._buffer)

    def feed(self, data: bytes | memoryview) -> None:
        self._buffer += data

    def next(self) -> Frame | None:
        """The next message or control frame; None until one is complete. Raises ``Violation``."""
        while self._has_frame():
            first, size, header = self._header
            self._header = _NO_HEADER
            buffer = self._buffer
            payload = _unmask(bytes(buffer[header : header + size]), bytes(buffer[header - 4 : header]))
            del buffer[: header + size]
            opcode, is_last = Opcode(first & 0xF), bool(first & _FIN)
            if opcode >= Opcode.CLOSE:
                if opcode is Opcode.CLOSE:
                    _check_close(payload)
                return Frame(opcode, payload)
            if opcode is not Opcode.CONTINUATION:
                self._opcode = opcode
                self._is_deflated = bool(first & _DEFLATED)
                self.fragments = 0
                if is_last:
                    return self._finish(payload)
            self._message += payload
            self.fragments += 1
            if self.fragments > self._max_fragments:
                raise Violation(1009, f"a message has more than {self._max_fragments} fragments")
            if is_last:
                return self._finish(bytes(self._message))
        return None

    def _has_frame(self) -> bool:
        """Whether a whole frame is buffered. Checks its header as soon as that is complete."""
        buffer = self._buffer
        if self._header[1] < 0:
            if len(buffer) < 2:
                return False
            first, second = buffer[0], buffer[1]
            self._check_header(first, second)
            size, header = second & 0x7F, 6
            if size > 125:
                width = 2 if size == 126 else 8
                header += width
                if len(buffer) < 2 + width:
                    return False
                size = int.from_bytes(buffer[2 : 2 + width], "big")
                if size < (126 if width == 2 else 65_536):
                    raise Violation(1002, "a payload length is not minimally encoded")
            if first & 0xF < Opcode.CLOSE and len(self._message) + size > self._limit:
                raise Violation(1009, f"a message exceeds {self._limit} bytes")
            self._header = (first, size, header)
        _, size, header = self._header
        return len(buffer) >= header + size

    def _check_header(self, first: int, second: int) -> None:
        opcode = first & 0xF
        if first & _RESERVED:
            if not self._inflates:
                raise Violation(1002, "a reserved bit is set, but no extension was negotiated")
            if first & _RESERVED != _DEFLATED or opcode not in (Opcode.TEXT, Opcode.BINARY):
                raise Violation(1002, "a reserved bit is set that has no meaning there")
        if not second & _MASKED:
            raise Violation(1002, "a client's frames must be masked")
        if opcode >= Opcode.CLOSE:
            if opcode > Opcode.PONG:
                raise Violation(1002, f"unknown opcode {opcode}")
            if not first & _FIN or second & 0x7F > MAX_CONTROL_BYTES:
                raise Violation(1002, f"a control frame is fragmented or exceeds {MAX_CONTROL_BYTES} bytes")
        elif opcode > Opcode.BINARY:
            raise Violation(1002, f"unknown opcode {opcode}")
        elif (opcode == Opcode.CONTINUATION) != (self._opcode is not None):
            raise Violation(1002, "a continuation without a first fragment, or a message within a fragmented one")

    def _finish(self, message: bytes) -> Frame:
        opcode, self._opcode = self._opcode, None
        if self._message:
            self._message = bytearray()
        if self._is_deflated:
            try:
                message = decompress(message, self._limit)
            except OversizeError:
                raise Violation(1009, f"a message exceeds {self._limit} bytes") from None
            except CorruptError:
                raise Violation(1007, "a compressed message is corrupt") from None
        if opcode is Opcode.TEXT:
            try:
                return Frame(opcode, message.decode())
            except UnicodeDecodeError:
                raise Violation(1007, "a text message is not UTF-8") from None
        return Frame(Opcode.BINARY, message)


def _unmask(masked: bytes, mask: bytes) -> bytes:
    size = len(masked)
    key = (mask * (size // 4 + 1))[:size]
    # As two large integers: one pass in C.
    return (int.from_bytes(masked, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _check_close(payload: bytes) -> None:
    if not payload:
        return
    code = int.from_bytes(payload[:2], "big")
    # Section 7.4, and the codes registered since; 1004 to 1006 and 1015 must not be sent.
    if len(payload) < 2 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Violation(1002, "a close frame has an invalid code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise Violation(1007, "a close frame's reason is not UTF-8") from None

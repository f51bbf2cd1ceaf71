"""WebSocket frames (RFC 6455, section 5) without a socket: written whole, and read strictly.

What the RFC forbids a client is a ``Violation``, with the code to close with: a peer that gets one thing wrong is not
guessed at. Messages may be compressed (RFC 7692) where both sides have agreed to that.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

import msgspec

from ticker.server.websocket.deflate import BrokenError, OversizeError, deflated, inflated


class Opcode(IntEnum):
    """Section 5.2."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


#: Section 5.5: of close, ping and pong.
MAX_CONTROL: Final = 125
#: Of a message: enough for any client that has a reason, and no way round a limit of messages.
MAX_FRAGMENTS: Final = 256
#: A smaller message is one packet anyway, and is sent plain.
DEFLATED_FROM_BYTES: Final = 1_024

#: Headers, by the width of the payload's size. A call to these takes a third of what putting bytes together does.
_SHORT, _LONG, _HUGE = struct.Struct(">BB").pack, struct.Struct(">BBH").pack, struct.Struct(">BBQ").pack
_FIN: Final = 0x80
_RESERVED: Final = 0x70
#: RFC 7692, section 6: "RSV1", on the first frame of a message.
_DEFLATED: Final = 0x40
_MASKED: Final = 0x80
_NO_CODE: Final = 1005
_UNMADE: Final = (0, -1, 0)


class Violation(Exception):  # noqa: N818 - what RFC 6455 would call it
    """A client broke the protocol. ``code`` is what to close with (section 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Frame(msgspec.Struct, frozen=True):
    """A whole message, fragments joined, or a control frame. Text is a ``str``."""

    opcode: Opcode
    data: str | bytes

    @property
    def closes_with(self) -> tuple[int, str]:
        """The code and the reason of a close; 1005 stands for none."""
        data = self.data
        assert isinstance(data, bytes)
        return (int.from_bytes(data[:2], "big"), data[2:].decode()) if data else (_NO_CODE, "")


def framed(opcode: Opcode, payload: bytes, *, is_deflated: bool = False) -> bytes:
    """The only frame of a message, unmasked as a server's are."""
    return _headed(_FIN | opcode | (_DEFLATED if is_deflated else 0), payload)


def _headed(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return _SHORT(first, size) + payload
    if size < 65_536:
        return _LONG(first, 126, size) + payload
    return _HUGE(first, 127, size) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close with a code; the reason is cut at what a control frame holds."""
    words = reason.encode()[: MAX_CONTROL - 2].decode(errors="ignore").encode()
    return framed(Opcode.CLOSE, code.to_bytes(2, "big") + words)


class MessageFramer:
    """Payloads to frames, the last one kept.

    A group's members are written to one after the other, so one is enough to build each frame once.
    """

    def __init__(self, *, is_text: bool) -> None:
        self.opcode = Opcode.TEXT if is_text else Opcode.BINARY
        self._first = int(_FIN | self.opcode)
        self._payload = b""
        self._frame = framed(self.opcode, b"")

    def frame(self, payload: bytes) -> bytes:
        if payload is not self._payload:
            self._payload, self._frame = payload, _headed(self._first, payload)
        return self._frame


class DeflatingFramer:
    """The same for those who take compressed messages: each is compressed once for all who get it.

    Small ones, and those that don't shrink, are ``plain``'s.
    """

    def __init__(self, plain: MessageFramer) -> None:
        self._plain = plain
        self._payload = b""
        self._frame = plain.frame(b"")

    def frame(self, payload: bytes) -> bytes:
        if payload is not self._payload:
            self._payload, self._frame = payload, self._made(payload)
        return self._frame

    def _made(self, payload: bytes) -> bytes:
        if len(payload) >= DEFLATED_FROM_BYTES:
            small = deflated(payload)
            if len(small) < len(payload):
                return framed(self._plain.opcode, small, is_deflated=True)
        return self._plain.frame(payload)


class FrameReader:
    """What a client sends, to messages and control frames, one at a time.

    ``limit``: bytes of a message, whether it comes in one frame or many. More is refused by its header, unread. With
    ``inflates`` it may be compressed, and then neither that nor what is inflated has more.
    """

    __slots__ = ("_came", "_fragments", "_header", "_inflates", "_is_deflated", "_limit", "_message", "_opcode")

    def __init__(self, limit: int, *, inflates: bool = False) -> None:
        self._limit = limit
        self._inflates = inflates
        self._came = bytearray()
        #: First byte, size of the payload (-1: not known yet) and of the header, of the frame that is coming.
        self._header = _UNMADE
        #: The message whose fragments are coming, if any.
        self._opcode: Opcode | None = None
        self._is_deflated = False
        self._fragments = 0
        self._message = bytearray()

    def feed(self, data: bytes | memoryview) -> None:
        self._came += data

    def next(self) -> Frame | None:
        """The next of what has come, or None as long as there is no whole one. Raises ``Violation``."""
        while self._complete():
            first, size, header = self._header
            self._header = _UNMADE
            came = self._came
            payload = _unmasked(bytes(came[header : header + size]), bytes(came[header - 4 : header]))
            del came[: header + size]
            opcode, is_last = Opcode(first & 0xF), bool(first & _FIN)
            if opcode >= Opcode.CLOSE:
                if opcode is Opcode.CLOSE:
                    _check_close(payload)
                return Frame(opcode, payload)
            if opcode is not Opcode.CONTINUATION:
                self._opcode = opcode
                self._is_deflated = bool(first & _DEFLATED)
                self._fragments = 0
                if is_last:
                    return self._finished(payload)
            self._message += payload
            self._fragments += 1
            if self._fragments > MAX_FRAGMENTS:
                raise Violation(1009, f"a message comes in at most {MAX_FRAGMENTS} fragments")
            if is_last:
                return self._finished(bytes(self._message))
        return None

    def _complete(self) -> bool:
        """Whether a whole frame is there. Its header is checked as soon as it has come."""
        came = self._came
        if self._header[1] < 0:
            if len(came) < 2:
                return False
            first, second = came[0], came[1]
            self._check_first(first, second)
            size, header = second & 0x7F, 6
            if size > 125:
                width = 2 if size == 126 else 8
                header += width
                if len(came) < 2 + width:
                    return False
                size = int.from_bytes(came[2 : 2 + width], "big")
                if size < (126 if width == 2 else 65_536):
                    raise Violation(1002, "a length is to be told in as few bytes as hold it")
            if first & 0xF < Opcode.CLOSE and len(self._message) + size > self._limit:
                raise Violation(1009, f"a message has at most {self._limit} bytes")
            self._header = (first, size, header)
        _, size, header = self._header
        return len(came) >= header + size

    def _check_first(self, first: int, second: int) -> None:
        opcode = first & 0xF
        if first & _RESERVED:
            if not self._inflates:
                raise Violation(1002, "a reserved bit is set, and no extension was agreed on")
            if first & _RESERVED != _DEFLATED or opcode not in (Opcode.TEXT, Opcode.BINARY):
                raise Violation(1002, "a reserved bit is set that says nothing there")
        if not second & _MASKED:
            raise Violation(1002, "a client's frames are to be masked")
        if opcode >= Opcode.CLOSE:
            if opcode > Opcode.PONG:
                raise Violation(1002, f"there is no opcode {opcode}")
            if not first & _FIN or second & 0x7F > MAX_CONTROL:
                raise Violation(1002, f"a control frame is whole, and has at most {MAX_CONTROL} bytes")
        elif opcode > Opcode.BINARY:
            raise Violation(1002, f"there is no opcode {opcode}")
        elif (opcode == Opcode.CONTINUATION) != (self._opcode is not None):
            raise Violation(1002, "a fragment without its beginning, or a message within another's fragments")

    def _finished(self, message: bytes) -> Frame:
        opcode, self._opcode = self._opcode, None
        if self._message:
            self._message = bytearray()
        if self._is_deflated:
            try:
                message = inflated(message, self._limit)
            except OversizeError:
                raise Violation(1009, f"a message has at most {self._limit} bytes") from None
            except BrokenError:
                raise Violation(1007, "a compressed message can't be inflated") from None
        if opcode is Opcode.TEXT:
            try:
                return Frame(opcode, message.decode())
            except UnicodeDecodeError:
                raise Violation(1007, "a text is not UTF-8") from None
        return Frame(Opcode.BINARY, message)


def _unmasked(masked: bytes, mask: bytes) -> bytes:
    size = len(masked)
    key = (mask * (size // 4 + 1))[:size]
    # As two large numbers: that is one pass in C.
    return (int.from_bytes(masked, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _check_close(payload: bytes) -> None:
    if not payload:
        return
    code = int.from_bytes(payload[:2], "big")
    # Section 7.4, with the codes registered since; 1004 to 1006 and 1015 may not be sent.
    if len(payload) < 2 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Violation(1002, "a close has a code that may not be sent")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise Violation(1007, "the reason of a close is not UTF-8") from None

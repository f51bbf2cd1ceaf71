"""JSON and msgpack: a fragment, a frame, a decoded message.

What many clients share is encoded once, as *fragments*: one symbol's changes, or one tick. A frame is a head, fragments
joined, and a tail, so that a client costs a join and not an encoding. Field names are encoded once, into a template for
each set of changed fields. Numbers that are whole go out as integers in both encodings, so that both say the same.

Sources: RFC 8259 (JSON), the msgpack specification (github.com/msgpack/msgpack, spec.md). This module knows no board,
no client and no socket, and imports no numpy, for the Python client's sake.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Protocol

import msgpack
import msgspec

from ticker.errors import ProtocolError
from ticker.fields import FIELDS
from ticker.wire.limits import Limits
from ticker.wire.messages import CLIENT_MESSAGES, ClientMessage, ServerMessage

#: The default of ``limits.depth``.
_DEPTH = Limits().depth

#: In a mask of changed fields, bit i stands for FIELDS[i]; this mask stands for a symbol that is gone.
GONE = -1
_TS_BIT = 1 << FIELDS.index("ts")


class Changes(Protocol):
    """What changed of some symbols, as plain lists (see ``board.Delta``).

    ``masks`` has one int a symbol: the fields that changed (bits by FIELDS), or GONE. ``values`` has the changed
    fields' values of all symbols in one flat list, `ts` apart, NaN for "lost its value"; ``stamps`` one stamp a symbol.
    """

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def masks(self) -> Sequence[int]: ...

    @property
    def values(self) -> Sequence[float]: ...

    @property
    def stamps(self) -> Sequence[int]: ...


class Codec(Protocol):
    """One encoding of the wire. Fragments and frames of one are of no use to another."""

    name: str
    is_text: bool
    subprotocol: str

    def encode(self, message: msgspec.Struct) -> bytes:
        """A whole message. Raises ``TypeError``, ``ValueError`` or ``OverflowError`` for what it can't express."""

    def decode_client(self, raw: bytes | str) -> ClientMessage:
        """A client's message. Raises ``ProtocolError`` with the code to answer and the ``id``, where there is one."""

    def decode_server(self, raw: bytes | str) -> ServerMessage:
        """A server's message. Raises ``ProtocolError``."""

    def changes(self, changes: Changes) -> list[bytes]:
        """A fragment for each symbol."""

    def update(self, since: int, version: int, ts: int, parts: Sequence[bytes]) -> bytes:
        """An `update` frame of fragments of symbols; empty ones count as absent."""

    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        """A fragment for each tick, of columns of equal length; NaN is no value."""

    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        """A fragment for each row of the columns, whatever they hold."""

    def tape(self, channel: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        """A `trades` or `quotes` frame of fragments of ticks."""

    def bars(self, interval: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        """A `bars` frame of fragments that ``rows`` made of bars."""


class _Fragments(ABC):
    """Changes to fragments, in either encoding: names and sets of fields are encoded once, numbers all in one go."""

    def __init__(self, gone: bytes, depth: int) -> None:
        self._depth = depth
        self._keys: dict[str, bytes] = {}
        self._templates: dict[int, bytes] = {GONE: gone}
        #: The head of the last update, and for which it is: that of most groups of a beat is the same.
        self._head: tuple[tuple[int, int, int], bytes] = ((-1, -1, -1), b"")

    def changes(self, changes: Changes) -> list[bytes]:
        texts = self._numbers(changes.values)
        keys, templates = self._keys, self._templates
        fragments: list[bytes] = []
        at = 0
        for name, mask, stamp in zip(changes.names, changes.masks, changes.stamps, strict=True):
            key = keys.get(name) or keys.setdefault(name, self._key(name))
            template = templates.get(mask) or templates.setdefault(mask, self._template(mask))
            if mask == GONE:
                fragments.append(template % key)
            elif mask & _TS_BIT:
                end = at + mask.bit_count() - 1
                fragments.append(template % (key, *texts[at:end], self._stamp(stamp)))
                at = end
            else:
                end = at + mask.bit_count()
                fragments.append(template % (key, *texts[at:end]))
                at = end
        return fragments

    def _headed(self, told: tuple[int, int, int]) -> bytes:
        if self._head[0] != told:
            self._head = told, self._update_head(*told)
        return self._head[1]

    @abstractmethod
    def _update_head(self, since: int, version: int, ts: int) -> bytes:
        """What stands before the fragments of an update."""

    @abstractmethod
    def _key(self, name: str) -> bytes:
        """What stands before a symbol's fields."""

    @abstractmethod
    def _template(self, mask: int) -> bytes:
        """A fragment with the fields of ``mask``, and ``%b`` where the name and the numbers go."""

    @abstractmethod
    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        """Each number encoded."""

    @abstractmethod
    def _stamp(self, stamp: int) -> bytes:
        """A stamp encoded; 0 is none."""


class JsonCodec(_Fragments):
    name = "json"
    is_text = True
    subprotocol = "ticker.v1.json"

    def __init__(self, depth: int = _DEPTH) -> None:
        super().__init__(gone=b"%bnull", depth=depth)
        self._names: dict[str, bytes] = {}
        self._decode_server: Callable[[bytes | str], ServerMessage] = msgspec.json.Decoder(ServerMessage).decode

    def encode(self, message: msgspec.Struct) -> bytes:
        return msgspec.json.encode(message)

    def decode_client(self, raw: bytes | str) -> ClientMessage:
        try:
            return _client_message(msgspec.json.decode(raw), self._depth)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProtocolError("malformed", f"not JSON: {error}") from None

    def decode_server(self, raw: bytes | str) -> ServerMessage:
        try:
            return self._decode_server(raw)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProtocolError("malformed", f"not a message of this protocol: {error}") from None

    def _key(self, name: str) -> bytes:
        # A symbol's fragment begins with a comma: joining with an empty string then passes over absent ones for free.
        return b"," + msgspec.json.encode(name) + b":"

    def _template(self, mask: int) -> bytes:
        fields = (b'"%b":%%b' % name.encode() for i, name in enumerate(FIELDS) if mask >> i & 1)
        return b"%b{" + b",".join(fields) + b"}"

    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        # Encoded in one call and cut apart again: a call for each costs twice as much. The comma behind each number is
        # what lets the trailing ".0" of whole numbers go in one pass.
        return (msgspec.json.encode(values)[1:-1] + b",").replace(b".0,", b",").split(b",")

    def _stamp(self, stamp: int) -> bytes:
        return b"%d" % stamp if stamp else b"null"

    def update(self, since: int, version: int, ts: int, parts: Sequence[bytes]) -> bytes:
        return b"".join((self._headed((since, version, ts)), b"".join(parts)[1:], b"}}"))

    def _update_head(self, since: int, version: int, ts: int) -> bytes:
        return b'{"type":"update","since":%d,"version":%d,"ts":%d,"data":{' % (since, version, ts)

    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        keys = self._names
        told = [keys.get(name) or keys.setdefault(name, b"[" + msgspec.json.encode(name)) for name in names]
        template = b"%b,%d" + b",%b" * len(floats) + b"]"
        return [template % row for row in zip(told, stamps, *map(self._numbers, floats), strict=False)]

    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        return list(map(msgspec.json.encode, zip(*columns, strict=True)))

    def tape(self, channel: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        return self._tape(b'"%b"' % channel.encode(), since, version, parts, lost)

    def bars(self, interval: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        return self._tape(b'"bars","interval":"%b"' % interval.encode(), since, version, parts, lost)

    def _tape(self, kind: bytes, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        head = b'{"type":%b,"since":%d,"version":%d,"data":[' % (kind, since, version)
        tail = b'],"lost":%b}' % msgspec.json.encode(lost) if lost else b"]}"
        return b"".join((head, b",".join(parts), tail))


class MsgpackCodec(_Fragments):
    name = "msgpack"
    is_text = False
    subprotocol = "ticker.v1.msgpack"

    def __init__(self, depth: int = _DEPTH) -> None:
        super().__init__(gone=b"%b\xc0", depth=depth)
        self._pack: Callable[[object], bytes] = msgpack.Packer().pack
        self._decode_server: Callable[[bytes], ServerMessage] = msgspec.msgpack.Decoder(ServerMessage).decode

    def encode(self, message: msgspec.Struct) -> bytes:
        return msgspec.msgpack.encode(message)

    def decode_client(self, raw: bytes | str) -> ClientMessage:
        try:
            return _client_message(msgpack.unpackb(raw, strict_map_key=True, ext_hook=_no_extension), self._depth)
        except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
            # The package's errors often say nothing but their name.
            raise ProtocolError("malformed", f"not msgpack: {type(error).__name__} {error}".rstrip()) from None

    def decode_server(self, raw: bytes | str) -> ServerMessage:
        try:
            return self._decode_server(raw if isinstance(raw, bytes) else raw.encode())
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProtocolError("malformed", f"not a message of this protocol: {error}") from None

    def _key(self, name: str) -> bytes:
        return self._pack(name)

    def _template(self, mask: int) -> bytes:
        fields = b"".join(self._pack(name) + b"%b" for i, name in enumerate(FIELDS) if mask >> i & 1)
        # 14 fields fit a fixmap, whose header is 0x80 + n.
        return b"%b" + bytes([0x80 + mask.bit_count()]) + fields

    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        pack = self._pack
        # As ``plain`` has it, without a call for each.
        return [
            (pack(int(value)) if -1e16 < value < 1e16 else pack(value))
            if value.is_integer()
            else (pack(value) if value == value else b"\xc0")
            for value in values
        ]

    def _stamp(self, stamp: int) -> bytes:
        return self._pack(stamp or None)

    def update(self, since: int, version: int, ts: int, parts: Sequence[bytes]) -> bytes:
        symbols = len(parts) - parts.count(b"")
        return b"".join((self._headed((since, version, ts)), _map_header(symbols), *parts))

    def _update_head(self, since: int, version: int, ts: int) -> bytes:
        pack = self._pack
        return b"".join((_UPDATE_HEAD, pack(since), _VERSION, pack(version), _TS, pack(ts), _DATA))

    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        return self.rows([names, stamps, *(list(map(plain, column)) for column in floats)])

    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        return list(map(self._pack, zip(*columns, strict=True)))

    def tape(self, channel: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        return self._tape({"type": channel, "since": since}, version, parts, lost)

    def bars(self, interval: str, since: int, version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        return self._tape({"type": "bars", "interval": interval, "since": since}, version, parts, lost)

    def _tape(self, first: dict[str, object], version: int, parts: Sequence[bytes], lost: dict[str, int]) -> bytes:
        pack = self._pack
        head = bytes([0x82 + len(first) + bool(lost)]) + b"".join(map(pack, chain.from_iterable(first.items())))
        tail = pack("lost") + pack(lost) if lost else b""
        return b"".join((head, _VERSION, pack(version), _DATA, _array_header(len(parts)), *parts, tail))


def plain(value: float) -> int | float | None:
    """A number as it goes out: whole ones as integers, NaN (no value) as None. JSON's texts come out the same."""
    if value.is_integer():
        # JSON's texts turn to exponents at 1e16; int64 is as far as both encodings agree on integers.
        return int(value) if -1e16 < value < 1e16 else value
    return value if value == value else None  # NaN alone is unequal to itself


_UPDATE_HEAD = b"\x85" + msgpack.packb("type") + msgpack.packb("update") + msgpack.packb("since")
_VERSION = msgpack.packb("version")
_TS = msgpack.packb("ts")
_DATA = msgpack.packb("data")


def _map_header(n: int) -> bytes:
    if n < 16:
        return bytes([0x80 + n])
    return b"\xde" + n.to_bytes(2, "big") if n < 65_536 else b"\xdf" + n.to_bytes(4, "big")


def _array_header(n: int) -> bytes:
    if n < 16:
        return bytes([0x90 + n])
    return b"\xdc" + n.to_bytes(2, "big") if n < 65_536 else b"\xdd" + n.to_bytes(4, "big")


def _no_extension(code: int, data: bytes) -> Any:  # noqa: ARG001 - msgpack's signature
    raise ValueError(f"extension type {code} has no meaning in this protocol")


def _client_message(message: Any, depth: int) -> ClientMessage:
    """A decoded object as a client message. The key that is wrong is named, the ``id`` kept for the answer."""
    if not isinstance(message, dict):
        raise ProtocolError("malformed", f"a message is one object, not {type(message).__name__}")
    found = message.get("id")
    id_ = found if isinstance(found, int | str) and not isinstance(found, bool) else None
    if isinstance(id_, int) and not -(1 << 63) <= id_ < 1 << 64:
        # JSON knows no bounds, but the answer may have to go out as msgpack.
        raise ProtocolError("bad-argument", "id: an integer has at most 64 bits")
    op = message.get("op")
    kind = CLIENT_MESSAGES.get(op) if isinstance(op, str) else None
    if kind is None:
        known = ", ".join(CLIENT_MESSAGES)
        what = f"op {op!r:.80} is not known" if "op" in message else "op is missing"
        raise ProtocolError("unknown-op", f"{what}; there are {known}", id_)
    if _deeper(message, depth):
        raise ProtocolError("bad-argument", f"the message nests deeper than {depth} levels", id_)
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        raise ProtocolError("bad-argument", f"{path.rstrip('`')}: {text}" if path else text, id_) from None


def _deeper(value: object, most: int) -> bool:
    """Whether objects and lists lie in each other deeper than ``most``. Level by level: depth costs no stack."""
    level = [value]
    for _ in range(most):
        inner: list[object] = []
        for each in level:
            if type(each) is dict:
                inner.extend(each.values())
            elif type(each) is list:
                inner.extend(each)
        level = [each for each in inner if type(each) is dict or type(each) is list]
        if not level:
            return False
    return True


def codec_for(name: str, depth: int = _DEPTH) -> Codec:
    """A codec by its name, ``json`` or ``msgpack``. Raises ``ValueError`` for another.

    Of clients' messages it reads those that nest at most ``depth`` deep.
    """
    if name == "json":
        return JsonCodec(depth)
    if name == "msgpack":
        return MsgpackCodec(depth)
    raise ValueError(f"there is no encoding {name!r}; there are json and msgpack")

"""JSON and msgpack encodings of the wire protocol.

Data that many clients share is encoded once, as *fragments*: the changes of one symbol, one tick, or one bar. A frame
is a head, the joined fragments and a tail, so that a frame costs a join per client and no encoding. Both encodings
write whole numbers as integers.

Sources: RFC 8259 (JSON), the msgpack specification (github.com/msgpack/msgpack, spec.md). No numpy here: the Python
client imports this module.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, ClassVar, get_args

import msgpack
import msgspec

from ticker.errors import ProtocolError
from ticker.fields import FIELDS, GONE, Delta
from ticker.wire.client_message import client_message
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    BarsMessage,
    ClientMessage,
    ServerMessage,
    TradesMessage,
    WireBar,
    WireBarRevision,
    WireTrade,
    WireTradeRevision,
)

#: The default of ``limits.depth``.
_DEPTH = Limits().depth

Parts = Sequence[bytes]
#: Lost ticks or bars by symbol.
Lost = dict[str, int]

_TS_BIT = 1 << FIELDS.index("ts")
#: What the decoders raise for malformed input; a `msgspec.ValidationError` is a `DecodeError`.
_MALFORMED = (msgspec.DecodeError, msgpack.UnpackException, ValueError, TypeError, OverflowError, RecursionError)

#: The rows of a message, without and with revisions, by the number of their values.
_ROWS: dict[type, dict[int, Any]] = {
    TradesMessage: {len(get_args(row)): list[row] for row in (WireTrade, WireTradeRevision)},  # type: ignore[valid-type]
    BarsMessage: {len(get_args(row)): list[row] for row in (WireBar, WireBarRevision)},  # type: ignore[valid-type]
}


def malformed(error: Exception) -> str:
    """What is wrong with bytes for which a decoder raised ``error``, without the names of Python that it may have."""
    if isinstance(error, msgspec.DecodeError):
        # msgspec's texts are about JSON, and most have the place: "expected '}' (byte 5)".
        text = str(error).removeprefix("JSON is malformed: ").partition(" - at ")[0]
        return {"Input data was truncated": "the message is incomplete"}.get(text, text[:1].lower() + text[1:])
    if isinstance(error, UnicodeError):
        return "a text is not valid Unicode"
    if isinstance(error, RecursionError | msgpack.StackError):
        return "nested too deeply"
    if isinstance(error, msgpack.ExtraData):
        return "more bytes follow the message"
    if isinstance(error, _ExtensionError):
        return str(error)
    if isinstance(error, msgpack.FormatError):
        return "a byte has no meaning"
    if isinstance(error, TypeError) or "map key" in str(error):
        return "a key is not a text"
    return "the message is incomplete, or a length is wrong"


class _ExtensionError(ValueError):
    pass


class Codec(ABC):
    """One encoding. Fragments and frames of one codec are of no use to another."""

    name: ClassVar[str]
    is_text: ClassVar[bool]
    subprotocol: ClassVar[str]

    _decode: Callable[[bytes | str], object]
    _decode_server: Callable[..., ServerMessage]

    def __init__(self, gone: bytes, depth: int) -> None:
        self._depth = depth
        self._keys: dict[str, bytes] = {}
        # By mask: a fragment with the names of the changed fields, and ``%b`` for the symbol and each value.
        self._templates: dict[int, bytes] = {GONE: gone}
        # The head of the last update and its (since, version, ts): most groups of a beat share it.
        self._head: tuple[tuple[int, int, int], bytes] = ((-1, -1, -1), b"")

    # Messages

    @abstractmethod
    def encode(self, message: msgspec.Struct) -> bytes:
        """A whole message. Raises ``TypeError``, ``ValueError`` or ``OverflowError`` for what it can't express."""

    def decode_client(self, raw: bytes | str) -> ClientMessage:
        """A client's message. Raises ``ProtocolError`` with the code to answer and the message's ``id``, if any."""
        try:
            message = self._decode(raw)
        except _MALFORMED as error:
            name = "JSON" if self.is_text else self.name
            raise ProtocolError("malformed", f"not {name}: {malformed(error)}") from None
        return client_message(message, self._depth)

    def decode_server(self, raw: bytes | str) -> ServerMessage:
        """A server's message. Raises ``ProtocolError``."""
        try:
            message = self._decode_server(raw)
            return _with_rows(message) if isinstance(message, TradesMessage | BarsMessage) else message
        except _MALFORMED as error:
            raise ProtocolError("malformed", f"not a message of this protocol: {error}") from None

    # Fragments

    def changes(self, delta: Delta) -> list[bytes]:
        """A fragment for each symbol of ``delta``. Names and sets of fields are encoded once, numbers all in one go."""
        texts = self._numbers(delta.values)
        keys, templates = self._keys, self._templates
        fragments: list[bytes] = []
        at = 0
        for name, mask, stamp in zip(delta.names, delta.masks, delta.stamps, strict=True):
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

    @abstractmethod
    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        """A fragment for each tick, from columns of equal length. NaN means no value."""

    @abstractmethod
    def revised_trades(
        self,
        names: Sequence[str],
        stamps: Sequence[int],
        floats: Sequence[Sequence[float]],
        conditions: Sequence[tuple[str, ...]],
        ids: Sequence[int],
        changes: Sequence[str | None],
    ) -> list[bytes]:
        """A fragment for each trade as clients with revisions get it. ``floats`` are prices and sizes."""

    @abstractmethod
    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        """A fragment for each row of ``columns``: a list of the row's values."""

    # Frames

    @abstractmethod
    def update(self, since: int, version: int, ts: int, parts: Parts) -> bytes:
        """An `update` frame of fragments that ``changes`` made. Empty ones count as absent."""

    @abstractmethod
    def numbered(self, channel: str, interval: str, since: int, version: int, parts: Parts, lost: Lost) -> bytes:
        """A `trades`, `quotes` or `bars` frame of fragments that ``ticks`` or ``rows`` made.

        ``interval`` is empty for other channels than `bars`.
        """

    def _update_head(self, since: int, version: int, ts: int) -> bytes:
        key = since, version, ts
        if self._head[0] != key:
            self._head = key, self._make_update_head(since, version, ts)
        return self._head[1]

    @abstractmethod
    def _make_update_head(self, since: int, version: int, ts: int) -> bytes: ...

    @abstractmethod
    def _key(self, name: str) -> bytes:
        """The encoded name of a symbol, as it precedes its fields."""

    @abstractmethod
    def _template(self, mask: int) -> bytes: ...

    @abstractmethod
    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        """Each number encoded; NaN as null."""

    @abstractmethod
    def _stamp(self, stamp: int) -> bytes:
        """A stamp encoded; 0 as null."""


class JsonCodec(Codec):
    name = "json"
    is_text = True
    subprotocol = "ticker.v1.json"

    def __init__(self, depth: int = _DEPTH) -> None:
        super().__init__(b"%bnull", depth)
        self._decode = msgspec.json.decode
        self._decode_server = msgspec.json.Decoder(ServerMessage).decode
        self._names: dict[str, bytes] = {}

    def encode(self, message: msgspec.Struct) -> bytes:
        return msgspec.json.encode(message)

    def _key(self, name: str) -> bytes:
        # The comma comes first: joining fragments with an empty string then skips empty ones at no cost.
        return b"," + msgspec.json.encode(name) + b":"

    def _template(self, mask: int) -> bytes:
        fields = (b'"%b":%%b' % name.encode() for i, name in enumerate(FIELDS) if mask >> i & 1)
        return b"%b{" + b",".join(fields) + b"}"

    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        # Encoding all numbers in one call and splitting the text takes half as long as a call each. The comma after
        # each number lets one replace remove the ".0" of whole numbers.
        return (msgspec.json.encode(values)[1:-1] + b",").replace(b".0,", b",").split(b",")

    def _stamp(self, stamp: int) -> bytes:
        return b"%d" % stamp if stamp else b"null"

    def update(self, since: int, version: int, ts: int, parts: Parts) -> bytes:
        return b"".join((self._update_head(since, version, ts), b"".join(parts)[1:], b"}}"))

    def _make_update_head(self, since: int, version: int, ts: int) -> bytes:
        return b'{"type":"update","since":%d,"version":%d,"ts":%d,"data":{' % (since, version, ts)

    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        keys = self._names
        encoded = [keys.get(name) or keys.setdefault(name, b"[" + msgspec.json.encode(name)) for name in names]
        template = b"%b,%d" + b",%b" * len(floats) + b"]"
        return [template % row for row in zip(encoded, stamps, *map(self._numbers, floats), strict=False)]

    def revised_trades(
        self,
        names: Sequence[str],
        stamps: Sequence[int],
        floats: Sequence[Sequence[float]],
        conditions: Sequence[tuple[str, ...]],
        ids: Sequence[int],
        changes: Sequence[str | None],
    ) -> list[bytes]:
        encode = msgspec.json.encode
        # Feeds have few different sets of conditions.
        texts = {each: encode(each) for each in set(conditions)}
        marks = {each: encode(each) for each in set(changes)}
        return [
            b"%b,%b,%d,%b]" % (head[:-1], texts[each], id_, marks[change])
            for head, each, id_, change in zip(self.ticks(names, stamps, floats), conditions, ids, changes, strict=True)
        ]

    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        return list(map(msgspec.json.encode, zip(*columns, strict=True)))

    def numbered(self, channel: str, interval: str, since: int, version: int, parts: Parts, lost: Lost) -> bytes:
        head = b'{"type":"%b",' % channel.encode()
        if interval:
            head += b'"interval":"%b",' % interval.encode()
        head += b'"since":%d,"version":%d,"data":[' % (since, version)
        tail = b'],"lost":%b}' % msgspec.json.encode(lost) if lost else b"]}"
        return b"".join((head, b",".join(parts), tail))


class MsgpackCodec(Codec):
    name = "msgpack"
    is_text = False
    subprotocol = "ticker.v1.msgpack"

    def __init__(self, depth: int = _DEPTH) -> None:
        super().__init__(b"%b\xc0", depth)
        self._decode = _unpack
        self._decode_server = msgspec.msgpack.Decoder(ServerMessage).decode
        self._pack: Callable[[object], bytes] = msgpack.Packer().pack

    def encode(self, message: msgspec.Struct) -> bytes:
        return msgspec.msgpack.encode(message)

    def _key(self, name: str) -> bytes:
        return self._pack(name)

    def _template(self, mask: int) -> bytes:
        fields = b"".join(self._pack(name) + b"%b" for i, name in enumerate(FIELDS) if mask >> i & 1)
        # 14 fields fit a fixmap, whose header is 0x80 + n.
        return b"%b" + bytes([0x80 + mask.bit_count()]) + fields

    def _numbers(self, values: Sequence[float]) -> list[bytes]:
        pack = self._pack
        # ``plain`` inlined: saves a call per number.
        return [
            (pack(int(value)) if -1e16 < value < 1e16 else pack(value))
            if value.is_integer()
            else (pack(value) if value == value else b"\xc0")
            for value in values
        ]

    def _stamp(self, stamp: int) -> bytes:
        return self._pack(stamp or None)

    def update(self, since: int, version: int, ts: int, parts: Parts) -> bytes:
        symbols = len(parts) - parts.count(b"")
        return b"".join((self._update_head(since, version, ts), _header(symbols, *_MAP), *parts))

    def _make_update_head(self, since: int, version: int, ts: int) -> bytes:
        pack = self._pack
        return b"".join((_UPDATE_HEAD, pack(since), _VERSION, pack(version), _TS, pack(ts), _DATA))

    def ticks(self, names: Sequence[str], stamps: Sequence[int], floats: Sequence[Sequence[float]]) -> list[bytes]:
        return self.rows([names, stamps, *(list(map(plain, column)) for column in floats)])

    def revised_trades(
        self,
        names: Sequence[str],
        stamps: Sequence[int],
        floats: Sequence[Sequence[float]],
        conditions: Sequence[tuple[str, ...]],
        ids: Sequence[int],
        changes: Sequence[str | None],
    ) -> list[bytes]:
        prices, sizes = (list(map(plain, column)) for column in floats)
        return self.rows([names, stamps, prices, sizes, conditions, ids, changes])

    def rows(self, columns: Sequence[Sequence[Any]]) -> list[bytes]:
        return list(map(self._pack, zip(*columns, strict=True)))

    def numbered(self, channel: str, interval: str, since: int, version: int, parts: Parts, lost: Lost) -> bytes:
        pack = self._pack
        first = {"type": channel, "interval": interval} if interval else {"type": channel}
        # A map of these keys, since, version, data and maybe lost.
        head = bytes([0x83 + len(first) + bool(lost)]) + b"".join(map(pack, chain.from_iterable(first.items())))
        tail = pack("lost") + pack(lost) if lost else b""
        return b"".join(
            (head, _SINCE, pack(since), _VERSION, pack(version), _DATA, _header(len(parts), *_ARRAY), *parts, tail)
        )


def plain(value: float) -> int | float | None:
    """A number as it is sent: whole numbers as integers, NaN as None."""
    if value.is_integer():
        # JSON switches to exponents at 1e16, and int64 is the largest integer that both encodings have.
        return int(value) if -1e16 < value < 1e16 else value
    return value if value == value else None  # NaN alone is unequal to itself


_SINCE = msgpack.packb("since")
_UPDATE_HEAD = b"\x85" + msgpack.packb("type") + msgpack.packb("update") + _SINCE
_VERSION = msgpack.packb("version")
_TS = msgpack.packb("ts")
_DATA = msgpack.packb("data")
#: The first bytes of a map's or an array's header: up to 15 items, with a 16-bit count, with a 32-bit count.
_MAP = 0x80, b"\xde", b"\xdf"
_ARRAY = 0x90, b"\xdc", b"\xdd"


def _header(n: int, fix: int, short: bytes, long: bytes) -> bytes:
    if n < 16:
        return bytes([fix + n])
    return short + n.to_bytes(2, "big") if n < 65_536 else long + n.to_bytes(4, "big")


def _unpack(raw: bytes | str) -> object:
    message: object = msgpack.unpackb(raw, strict_map_key=True, ext_hook=_no_extension)
    return message


def _no_extension(code: int, data: bytes) -> Any:  # noqa: ARG001 - msgpack's signature
    raise _ExtensionError(f"extension type {code} has no meaning in this protocol")


def codec_for(name: str, depth: int = _DEPTH) -> Codec:
    """The codec ``json`` or ``msgpack``; ``ValueError`` for any other name.

    It rejects client messages that nest deeper than ``depth``.
    """
    if name == "json":
        return JsonCodec(depth)
    if name == "msgpack":
        return MsgpackCodec(depth)
    raise ValueError(f"unknown encoding {name!r}: json or msgpack")


def _with_rows(message: TradesMessage | BarsMessage) -> TradesMessage | BarsMessage:
    """The message with checked rows, all of one form. msgspec can't tell forms by their length."""
    forms = _ROWS[type(message)]
    first = message.data[0] if message.data else ()
    # Of another length: the shorter form, which names what is wrong.
    rows = msgspec.convert(message.data, forms.get(len(first), next(iter(forms.values()))))
    return msgspec.structs.replace(message, data=rows)

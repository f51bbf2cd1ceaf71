"""How messages go out and are read."""

from __future__ import annotations

import logging
from typing import get_args

import msgspec

from ticker.client.protocol.protocol import ProtocolViolationError
from ticker.errors import ProtocolError
from ticker.wire.codec import Codec, codec_for
from ticker.wire.messages import ServerMessage

log = logging.getLogger("ticker.client")

#: The types of message that this client knows; a server may have more.
_KNOWN_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ServerMessage))


class Encodings:
    """The one that goes out, and how to read both: what comes in tells by its kind of frame which it is."""

    def __init__(self, encoding: str) -> None:
        self.out: Codec = codec_for(encoding)
        self.text: Codec = codec_for("json")
        self.binary: Codec = codec_for("msgpack")

    def decode(self, raw: str | bytes) -> ServerMessage | None:
        """A message; None if it is of a type that this client doesn't know. Raises ``ProtocolViolationError``."""
        try:
            return (self.text if isinstance(raw, str) else self.binary).decode_server(raw)
        except ProtocolError as error:
            kind = _type_of(raw)
            if kind is None or kind in _KNOWN_TYPES:
                raise ProtocolViolationError(f"a message that can't be read: {error.message}") from None
            log.debug("a message of the unknown type %.40r was passed over", kind)
            return None


def _type_of(raw: str | bytes) -> str | None:
    try:
        found = msgspec.json.decode(raw) if isinstance(raw, str) else msgspec.msgpack.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else None

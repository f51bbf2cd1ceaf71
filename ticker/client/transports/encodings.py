"""Encodes the client's messages and decodes the server's."""

from __future__ import annotations

import logging
from typing import get_args

import msgspec

from ticker.client.exceptions import ProtocolViolationError
from ticker.errors import ProtocolError
from ticker.wire.codec import Codec, codec_for
from ticker.wire.messages import ServerMessage

log = logging.getLogger("ticker.client")

#: The types of message that this client knows. A newer server may send others.
_KNOWN_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ServerMessage))


class Encodings:
    """``out`` is the encoding to send with. A text frame is read as JSON, a binary frame as msgpack."""

    def __init__(self, encoding: str) -> None:
        self.out: Codec = codec_for(encoding)
        self.text: Codec = codec_for("json")
        self.binary: Codec = codec_for("msgpack")

    def decode(self, raw: str | bytes) -> ServerMessage | None:
        """A message; None if its type is unknown. Raises ``ProtocolViolationError`` for a malformed one."""
        try:
            return (self.text if isinstance(raw, str) else self.binary).decode_server(raw)
        except ProtocolError as error:
            kind = _type_of(raw)
            if kind is None or kind in _KNOWN_TYPES:
                raise ProtocolViolationError(f"malformed message: {error.message}") from None
            log.debug("ignored a message of unknown type %.40r", kind)
            return None


def _type_of(raw: str | bytes) -> str | None:
    try:
        found = msgspec.json.decode(raw) if isinstance(raw, str) else msgspec.msgpack.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else None

"""Checks a decoded message of a client, and says what is wrong with it."""

from __future__ import annotations

import msgspec

from ticker.errors import ProtocolError
from ticker.wire.messages import CLIENT_MESSAGES, ClientMessage
from ticker.wire.type_fault import kind_of, type_fault


def client_message(message: object, depth: int) -> ClientMessage:
    """Check a decoded object. The error names the wrong key and carries the message's ``id``."""
    if not isinstance(message, dict):
        raise ProtocolError("malformed", f"a message is a JSON object or a msgpack map, not {kind_of(message)}")
    found = message.get("id")
    id_ = found if isinstance(found, int | str) and not isinstance(found, bool) else None
    if isinstance(id_, int) and not -(1 << 63) <= id_ < 1 << 64:
        # JSON has no limit, but the answer may have to be msgpack.
        raise ProtocolError("bad-argument", "id: an integer has at most 64 bits")
    op = message.get("op")
    kind = CLIENT_MESSAGES.get(op) if isinstance(op, str) else None
    if kind is None:
        known = ", ".join(CLIENT_MESSAGES)
        if isinstance(op, str):
            what = f"unknown op {op!r:.80}"
        else:
            what = f"op: expected a text, got {kind_of(op)}" if "op" in message else "op is missing"
        raise ProtocolError("unknown-op", f"{what}; known ops: {known}", id_)
    if _deeper(message, depth):
        raise ProtocolError("bad-argument", f"the message nests deeper than {depth} levels", id_)
    try:
        return msgspec.convert(message, kind)
    except msgspec.ValidationError:
        raise ProtocolError("bad-argument", type_fault(message, kind) or "a value is invalid", id_) from None


def _deeper(value: object, most: int) -> bool:
    """Whether objects and lists nest deeper than ``most``. Goes level by level, so that depth costs no stack."""
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

"""Decoding the server's messages."""

from __future__ import annotations

import pytest

from ticker.client.exceptions import ProtocolViolationError
from ticker.client.transports.encodings import Encodings


def test_an_unknown_type_of_message_is_ignored_and_a_malformed_message_is_not() -> None:
    """A newer server may send new types. A message that can't be read may have been a price."""
    encodings = Encodings("json")
    assert encodings.decode('{"type":"weather","sun":true}') is None
    assert encodings.decode(b"\x81\xa4type\xa7weather") is None
    for broken in ('{"type":"update"}', "[]", "nonsense", '{"type":7}', b"\xc1"):
        with pytest.raises(ProtocolViolationError):
            encodings.decode(broken)

"""What is wrong with a message, in the protocol's terms."""

from __future__ import annotations

from typing import Any

import msgpack
import msgspec
import pytest

from ticker.errors import ProtocolError
from ticker.wire.codec import codec_for
from ticker.wire.type_fault import plain_error, type_fault


class Inner(msgspec.Struct):
    epoch: str
    version: int


class Message(msgspec.Struct):
    symbols: list[str]
    rate: float | None = None
    exact: bool = False
    since: Inner | None = None
    id: int | str | None = None
    data: Any = None


GOOD: dict[str, Any] = {"symbols": ["A"]}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({}, "symbols: missing"),
        ({"symbols": 7}, "symbols: expected a list of texts, got a number"),
        ({"symbols": ["A", None]}, "symbols[1]: expected a text, got null"),
        (GOOD | {"rate": "fast"}, "rate: expected a number, got a text"),
        (GOOD | {"rate": True}, "rate: expected a number, got true or false"),
        (GOOD | {"rate": 10**400}, "rate: the number is too large"),
        (GOOD | {"exact": 1}, "exact: expected true or false, got a number"),
        (GOOD | {"since": []}, "since: expected a map with `epoch` and `version`, got a list"),
        (GOOD | {"since": {"epoch": "e"}}, "since.version: missing"),
        (GOOD | {"since": {"epoch": "e", "version": 1.5}}, "since.version: expected an integer, got a fraction"),
        (GOOD | {"id": 1.5}, "id: expected an integer or a text, got a fraction"),
        (GOOD | {"id": {}}, "id: expected an integer or a text, got a map"),
        (GOOD | {"id": b"x"}, "id: expected an integer or a text, got binary data"),
        (GOOD | {"id": msgpack.Timestamp(1)}, "id: expected an integer or a text, got an extension value"),
        (GOOD | {b"x": 1}, "a key is not a text"),
        ([], "expected a map with `symbols`, got a list"),
        (GOOD | {"rate": 2, "exact": True, "since": {"epoch": "e", "version": 1}, "id": "x", "data": b"x"}, None),
    ],
    ids=str,
)
def test_the_first_fault_names_its_key_and_what_is_expected_there(value: object, fault: str | None) -> None:
    assert type_fault(value, Message) == fault
    if fault is not None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, Message)


def test_a_message_without_required_keys_is_called_a_map() -> None:
    class Optional(msgspec.Struct):
        all: bool = False

    assert type_fault([], Optional) == "expected a map, got a list"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("{", "not JSON: the message is incomplete"),
        ('{"op":}', "not JSON: invalid character (byte 6)"),
        ('{"op":"ping","data":' + "[" * 5_000, "not JSON: nested too deeply"),
        ('"\ud800"', "not JSON: a text is not valid Unicode"),
        (b"\x81", "not msgpack: the message is incomplete, or a length is wrong"),
        (b"\x80\x80", "not msgpack: more bytes follow the message"),
        (b"\xc1", "not msgpack: a byte has no meaning"),
        (b"\x81\x01\x01", "not msgpack: a key is not a text"),
        (b"\x81\x90\x01", "not msgpack: a key is not a text"),
        (b"\x81\xa1\xff\x01", "not msgpack: a text is not valid Unicode"),
        (b"\x91" * 5_000, "not msgpack: nested too deeply"),
        (b"\xd4\x05\x00", "not msgpack: extension type 5 has no meaning in this protocol"),
        (b"\xd6\xff\x00\x00\x00\x01", "a message is a JSON object or a msgpack map, not an extension value"),
        ("7", "a message is a JSON object or a msgpack map, not a number"),
    ],
    ids=range(14),
)
def test_what_is_not_a_message_is_described_without_names_of_python(raw: str | bytes, text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        codec_for("json" if isinstance(raw, str) else "msgpack").decode_client(raw)
    assert (caught.value.code, caught.value.message) == ("malformed", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"symbols": 7}, "symbols: expected a list, got an integer"),
        ({"symbols": ["A", None]}, "symbols[1]: expected a text, got null"),
        (GOOD | {"id": []}, "id: expected an integer or a text or null, got a list"),
        (GOOD | {"since": {}}, "since: object missing required field `epoch`"),
        ([], "expected an object, got a list"),
    ],
    ids=str,
)
def test_errors_about_files_and_options_have_plain_words(value: object, text: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, Message)
    assert plain_error(caught.value) == text

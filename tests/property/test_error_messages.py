"""Errors speak the protocol's language: no names of Python, and the same text in both encodings."""

from __future__ import annotations

import json
from typing import Any

import msgpack
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.messages import messages
from tests.support.model_client import ScriptedOutlet, decoded
from tests.support.python_names import python_names
from ticker.alerts.op_handler import AlertHandler
from ticker.hub.hub import Hub
from ticker.rooms.op_handler import RoomHandler
from ticker.wire.messages import CLIENT_MESSAGES

TS = 1_700_000_000_000_000_000
NAMES = ("AAPL", "MSFT")

# What both encodings can express.
_texts = st.one_of(
    st.sampled_from(["", "*", "AAPL", "desk", "last >= 190", "x" * 300]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
_numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False))
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=6,
)
_GOOD: dict[str, Any] = {
    "symbols": ["AAPL"],
    "symbol": "AAPL",
    "when": "last >= 190",
    "owner": "ann",
    "room": "desk",
    "name": "Ann",
    "text": "hello",
}
_KEYS = (*_GOOD, "id", "op", "channel", "interval", "rate", "since", "revisions", "data", "once", "hysteresis")


@st.composite
def _objects(draw: st.DrawFn) -> dict[str, Any]:
    """A message of any op, with some keys changed or missing."""
    message = {"op": draw(st.sampled_from(list(CLIENT_MESSAGES))), "id": 1, **_GOOD}
    for key in draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=3)):
        if draw(st.integers(0, 3)):
            message[key] = draw(_values)
        else:
            message.pop(key, None)
    return message


_foreign = st.one_of(
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20)),
    st.builds(msgpack.Timestamp, st.integers(-(2**40), 2**40), st.integers(0, 999_999_999)),
    st.binary(max_size=20),
    st.just({b"\xff": 1}),
    st.just([{"x": b"\xff"}]),
)


def answers(raw: str | bytes, encoding: str = "json") -> list[dict[str, Any]]:
    """What a hub with all its handlers answers to a new client's message."""
    alerts = AlertHandler()
    hub = Hub(NAMES, epoch="e", ring_ticks=16, op_handlers=(alerts, RoomHandler()), observer=alerts)
    alerts.watch(hub)
    outlet = ScriptedOutlet()
    session = hub.attach(outlet, encoding)
    outlet.sent.clear()
    hub.receive(session, raw, TS)
    return [decoded(payload, encoding) for payload in outlet.sent]


def errors(raw: str | bytes, encoding: str = "json") -> list[tuple[str, str]]:
    return [(each["code"], each["message"]) for each in answers(raw, encoding) if each["type"] == "error"]


def check_plain(told: list[tuple[str, str]]) -> None:
    for _, text in told:
        assert python_names(text) == [], text


@given(_objects())
@example({"op": "subscribe", "symbols": 7})
@example({"op": "alert", "id": [], "symbol": "AAPL", "when": 1})
def test_both_encodings_get_the_same_error_without_names_of_python(message: dict[str, Any]) -> None:
    """For every op and every wrong value that both can express."""
    text, packed = json.dumps(message), msgpack.packb(message)
    told = errors(text)
    assert errors(packed) == told
    assert errors(packed, "msgpack") == errors(text, "msgpack")
    check_plain(told)


@given(_objects(), st.sampled_from(_KEYS), _foreign, st.sampled_from(["json", "msgpack"]))
@example({"op": "ping"}, "data", msgpack.Timestamp(1), "msgpack")
@example({"op": "ping"}, "data", {b"\xff": 1}, "json")
def test_values_that_only_msgpack_has_get_errors_without_names_of_python(
    message: dict[str, Any], key: str, value: object, encoding: str
) -> None:
    check_plain(errors(msgpack.packb(message | {key: value}), encoding))


@given(st.one_of(st.binary(max_size=40), st.text(max_size=40)), st.sampled_from(["json", "msgpack"]))
def test_what_is_not_a_message_gets_errors_without_names_of_python(raw: str | bytes, encoding: str) -> None:
    check_plain(errors(raw, encoding))


def test_the_hostile_messages_get_errors_without_names_of_python() -> None:
    """And those that exist in both encodings get the same code and text, unless they are not of their encoding."""
    told: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for message in messages():
        if len(message.payload) < 70_000:
            encoding, _, name = message.name.partition(": ")
            found = told.setdefault(name, {})[encoding] = errors(message.payload)
            check_plain(found)
    both = [found for found in told.values() if len(found) == 2 and "malformed" not in str(found)]
    assert len(both) > 150
    assert [found for found in both if found["JSON"] != found["msgpack"]] == []

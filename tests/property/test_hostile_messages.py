"""The hub answers any message once, by the protocol, and an error changes nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgpack
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.messages import messages
from tests.support.market import NAMES, batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.model import SymbolTable
from ticker.rooms.op_handler import RoomHandler
from ticker.wire.codec import codec_for
from ticker.wire.codes import ERROR_CODES
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
SYMBOLS = NAMES[:4]
_STREAMED = {"update", "trades", "quotes", "bars"}
_ANSWERS = {"subscribed", "unsubscribed", "pong", "joined", "said", "left", "error"}

# Characters that often break text handling.
_texts = st.one_of(
    st.sampled_from(
        ["", "*", "AAPL", "MSFT", "ticker", "bars", "1m", "ping", "subscribe", "x" * 5_000, "\0", "\u202e"]
    ),
    st.text(max_size=20),
)
_numbers = st.one_of(st.integers(), st.integers(-(2**70), 2**70), st.floats(), st.sampled_from([10**400, 0.5, -0.0]))
_atoms = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_values = st.recursive(
    _atoms,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)),
    max_leaves=12,
)
_good = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["subscribe", "unsubscribe", "ping", "join", "say", "leave"]),
        "symbols": st.lists(st.sampled_from([*SYMBOLS, "*"])),
        "room": st.sampled_from(["desk", "fx"]),
        "name": st.just("Ann"),
        "text": st.just("hello"),
    },
    optional={
        "id": st.one_of(st.integers(-(2**65), 2**65), _texts),
        "channel": st.sampled_from(["ticker", "trades", "quotes", "bars"]),
        "interval": st.sampled_from(["1s", "1m", "1d"]),
        "rate": st.one_of(st.sampled_from([0, 1, 60, 0.5]), st.floats()),
        "since": st.fixed_dictionaries({"epoch": st.just("epoch"), "version": st.integers(-1, 2**65)}),
        "data": _values,
    },
)
_KEYS = ("op", "id", "symbols", "channel", "interval", "rate", "since", "data", "room", "name", "text", "other")


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid message with some keys changed or missing."""
    message = draw(_good)
    for key in draw(st.lists(st.sampled_from(_KEYS), max_size=2)):
        if draw(st.booleans()):
            message[key] = draw(_values)
        else:
            message.pop(key, None)
    return message


_objects = st.one_of(_mutated(), _mutated(), _values)


def _as_json(value: object) -> str:
    # Includes NaN and unpaired surrogates, which are not JSON.
    return json.dumps(value)


_foreign = st.one_of(
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20)),
    st.builds(msgpack.Timestamp, st.integers(-(2**40), 2**40), st.integers(0, 999_999_999)),
    st.binary(max_size=20),
)


@st.composite
def _as_msgpack(draw: st.DrawFn) -> bytes:
    """A packed object with values that only msgpack has, and some bytes changed."""
    message = draw(_objects)
    if isinstance(message, dict) and draw(st.booleans()):
        message = message | {draw(st.sampled_from(_KEYS)): draw(_foreign)}
        if draw(st.booleans()):
            message = {draw(st.one_of(st.integers(0, 9), st.binary(max_size=3))): 1} | message
    packed = bytearray(msgpack.packb(message, default=str, unicode_errors="surrogatepass"))
    for _ in range(draw(st.integers(0, 2))):
        # The first bytes have lengths and types.
        place = draw(st.integers(0, len(packed) - 1))
        packed[place] = draw(st.one_of(st.integers(0xC0, 0xDF), st.integers(0, 255)))
    return bytes(packed[: draw(st.integers(0, len(packed)))] if draw(st.integers(0, 4)) == 0 else packed)


@st.composite
def _edited_json(draw: st.DrawFn) -> str:
    """A message's text with something removed, inserted or doubled."""
    text = _as_json(draw(_objects))
    start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    return (
        text[:start]
        + draw(st.sampled_from(["", "", '"', "{", "}", ",", "\\", "\\u", "\0", text[start:end] * 2]))
        + text[end:]
    )


_raw = st.one_of(
    _objects.map(_as_json),
    _objects.map(_as_json),
    _edited_json(),
    _as_msgpack(),
    _as_msgpack(),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.sampled_from([message.payload for message in messages() if len(message.payload) < 2_000]),
)


def state(session: Session, handler: RoomHandler) -> object:
    """Everything that a client's message may change."""
    watched = {
        (type(each).__name__, getattr(each, "channel", ""), getattr(each, "interval", "")): each.symbols()
        for each in session.subscriptions()
    }
    # An interval without watched symbols doesn't count.
    watched = {kind: symbols for kind, symbols in watched.items() if symbols}
    rooms = {room.name: (room.log.head, room.names) for room in handler.by_name.values() if session in room.members}
    return session.rate_hz, session.engaged, watched, copy.deepcopy(rooms)


@given(st.lists(_raw, min_size=1, max_size=8), st.sampled_from(["json", "msgpack"]), st.booleans())
@example(['{"op":"subscribe","symbols":["AAPL"],"id":18446744073709551616}'], "msgpack", True)
def test_any_message_gets_one_answer_and_errors_change_nothing(
    said: list[str | bytes], encoding: str, complete: bool
) -> None:
    """In the client's encoding. Other clients get nothing."""
    table = SymbolTable(SYMBOLS)
    handler = RoomHandler()
    hub = Hub(SYMBOLS, complete=complete, epoch="epoch", limits=Limits(symbols=3), op_handlers=[handler])
    outlet, other = ScriptedOutlet(), ScriptedOutlet()
    session, bystander = hub.attach(outlet, encoding), hub.attach(other, "json")
    hub.receive(bystander, '{"op":"subscribe","symbols":["AAPL"],"rate":0}', TS)
    codec = codec_for(encoding)
    untouched = state(bystander, handler)
    for raw in said:
        before = state(session, handler)
        outlet.sent.clear()
        other.sent.clear()
        hub.receive(session, raw, TS)
        told = [decoded(payload, encoding) for payload in outlet.sent]
        for payload in outlet.sent:
            codec.decode_server(payload)
        answers = [message for message in told if message["type"] not in _STREAMED]
        assert answers
        if answers[0]["type"] == "joined":
            history = answers[1:]
            assert [message["type"] for message in history] == ["said"] * answers[0]["seq"]
            del answers[1:]
        assert len(answers) == 1
        assert answers[0]["type"] in _ANSWERS
        if answers[0]["type"] == "error":
            assert answers[0]["code"] in ERROR_CODES
            assert answers[0]["message"].isprintable()
            assert len(answers[0]["message"]) < 300
            assert told == answers
            assert state(session, handler) == before
        assert not other.sent
    assert state(bystander, handler) == untouched
    # Both clients still get updates.
    hub.publish(batch(table, [(0, TS, 1.5, 1.0)]))
    for rate in Limits().rates:
        hub.beat(rate, TS)
    hub.flush(TS)
    assert decoded(other.sent[-1], "json")["data"]["AAPL"]["last"] == 1.5
    hub.receive(session, '{"op":"ping","id":"end"}', TS)
    assert any(decoded(payload, encoding).get("id") == "end" for payload in outlet.sent)
    hub.detach(session)
    assert list(hub.sessions) == [bystander]
    assert handler.members == 0
    assert not hub._awaiting

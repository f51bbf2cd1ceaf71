"""Names: in a room no two look the same, whatever clients send; invisible characters never make a new name."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_client import ScriptedOutlet, decoded
from ticker.auth.entitlements import EVERYTHING
from ticker.confusables import look_the_same
from ticker.hub.hub import Hub
from ticker.rooms.op_handler import RoomHandler
from ticker.sanitize import is_visible

TS = 1_700_000_000_000_000_000
#: Letters that look alike, numbers that rooms append, and invisible characters.
_LETTERS = "aAаΑIl1|iе e(2)О0oO\u200d\u034f\ufe0f\u2800❤👩🚀"
_names = st.one_of(st.text(_LETTERS, min_size=1, max_size=4), st.text(min_size=1, max_size=70))


@given(st.lists(st.tuples(_names, st.booleans()), max_size=12))
def test_no_two_members_of_a_room_look_the_same(joining: list[tuple[str, bool]]) -> None:
    """With names of keys or tokens, and with names that clients choose."""
    handler = RoomHandler()
    hub = Hub(op_handlers=[handler])
    shown: dict[str, str] = {}
    for name, is_keys in joining:
        outlet = ScriptedOutlet()
        session = hub.attach(outlet, "json", EVERYTHING, name if is_keys else "")
        hub.receive(session, json.dumps({"op": "join", "room": "desk", "name": name}), TS)
        heard = [decoded(payload, "json") for payload in outlet.sent]
        joined: list[dict[str, Any]] = [each for each in heard if each["type"] == "joined"]
        if is_keys and joined:
            assert shown.setdefault(name, joined[0]["name"]) == joined[0]["name"]
    names = list(handler.by_name["desk"].names) if "desk" in handler.by_name else []
    assert all(map(is_visible, names))
    assert not any(look_the_same(one, other) for one, other in combinations(names, 2))


@given(
    _names,
    st.integers(0, 70),
    st.sampled_from("\u00ad\u034f\u115f\u17b4\u180b\u200b\u200d\u2064\u3164\ufe0f\uffa0\U000e0061\U000e0100"),
)
def test_an_invisible_character_makes_no_new_name(name: str, position: int, letter: str) -> None:
    longer = name[:position] + letter + name[position:]
    assert look_the_same(name, longer)


@given(_names)
def test_a_name_looks_like_itself_in_every_case(name: str) -> None:
    assert look_the_same(name, name)
    assert look_the_same(name, name.lower()) or name.lower().casefold() != name.casefold()

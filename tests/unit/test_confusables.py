"""Names that look the same."""

from __future__ import annotations

import pytest

from ticker.confusables import NameIndex, look_the_same, reserved, skeletons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("desk", "DESK"), ("desk", "dеsk"), ("desk", "Ꭰesk"), ("desk", "ｄｅｓｋ"), ("desk", "𝕕𝕖𝕤𝕜")),
        *(("desk", "desk\u034f"), ("desk", "desk\ufe0f"), ("desk", "desk\u115f"), ("desk", "de\u3164sk")),
        *(("AI", "Al"), ("AI", "ai"), ("user0", "userO"), ("user1", "userl"), ("tom", "torn"), ("a  b", "a b")),
        *(("Straße", "STRASSE"), ("é", "e\u0301"), ("Ольга", "ольга"), ("❤\ufe0f", "❤"), ("ﬁx", "fix")),
    ],
)
def test_these_look_the_same(one: str, other: str) -> None:
    assert look_the_same(one, other)
    assert look_the_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("desk", "desks"), ("desk", "disk"), ("desk", "de sk"), ("e", "é"), ("guy", "gyy"), ("hat", "nat")),
        *(("王", "玉"), ("김", "금"), ("Ольга", "Олег"), ("👍", "👎"), ("🇩🇪", "🇩🇰"), ("desk", "desk (2)")),
    ],
)
def test_these_do_not_look_the_same(one: str, other: str) -> None:
    assert not look_the_same(one, other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("operator", "operator"), ("Operator", "operator"), ("0реrator", "operator"), ("SERVER", "server")),
        *(("servеr\u2064", "server"), ("operators", None), ("observer", None), ("my server", None), ("", None)),
    ],
)
def test_the_senders_of_notices_are_reserved(name: str, expected: str | None) -> None:
    assert reserved(name) == expected


def test_an_index_finds_a_name_itself_or_the_first_that_looks_like_it() -> None:
    index = NameIndex(["desk", "DESK", "fx"])
    assert (index.find("DESK"), index.find("desk"), index.find("Desk"), index.find("eq")) == (
        "DESK",
        "desk",
        "desk",
        None,
    )
    index.remove("desk")
    assert (index.find("Desk"), index.find("FX")) == ("DESK", "fx")
    index.remove("DESK")
    assert index.find("desk") is None


def test_an_index_finds_names_by_either_skeleton() -> None:
    """``IBM`` is like ``ibm`` in lower case only, and like ``lBM`` as it is written only."""
    index = NameIndex(["IBM"])
    assert (index.find("ibm"), index.find("lBM"), index.find("lbn")) == ("IBM", "IBM", None)


def test_a_skeleton_is_small_however_long_the_name_becomes() -> None:
    """Compatibility forms make one character eighteen: clients that send such names must not fill the memory."""
    assert [len(skeleton) for skeleton in skeletons("\ufdfa" * 64)] == [16, 16]
    assert not look_the_same("\ufdfa" * 64, "\ufdfa" * 63)

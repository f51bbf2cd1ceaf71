"""What the sale conditions of US stocks update."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.conditions import REGULAR, Updates
from ticker.sale_conditions import (
    BY_CODE,
    LEAN,
    MASSIVE,
    SALE_CONDITIONS,
    Tape,
    allowed,
    depends_on_tape,
    described,
    tape_of,
    updates_of,
    updates_of_numbered,
)

VOLUME = Updates.VOLUME
IF_FIRST = Updates.LAST_IF_FIRST | Updates.HIGH_LOW | Updates.VOLUME
TAPES: tuple[Tape, ...] = ("CTA", "UTP")


@pytest.mark.parametrize(
    ("tape", "codes", "updates"),
    [
        # The tables of dxFeed's "TimeAndSale Sale Conditions", which repeat those of the two specifications.
        ("CTA", "@EFKOX56", REGULAR),
        ("CTA", "LPZ4", IF_FIRST),
        ("CTA", "BCHINRTUV7", VOLUME),
        ("UTP", "@ABDFKLOSXY156", REGULAR),
        ("UTP", "GPZ4", IF_FIRST),
        ("UTP", "CHINRTUVW7", VOLUME),
        ("CTA", "MQ", Updates(0)),
        ("UTP", "MQ", Updates(0)),
        ("CTA", "9", Updates.LAST | Updates.HIGH_LOW),
        ("UTP", "9", Updates.LAST | Updates.HIGH_LOW),
    ],
)
def test_each_code_updates_what_the_processors_publish(tape: Tape, codes: str, updates: Updates) -> None:
    assert {code: updates_of(code, tape) for code in codes} == dict.fromkeys(codes, updates)


def test_codes_that_utp_has_withdrawn_update_what_massive_says() -> None:
    """Its ids 31 and 33."""
    assert (updates_of("2", "UTP"), updates_of("3", "UTP")) == (REGULAR, IF_FIRST)


def test_the_table_is_complete_and_each_code_is_listed_once() -> None:
    assert len(BY_CODE) == len(SALE_CONDITIONS) == 34
    assert all(rule.cta is not None or rule.utp is not None for rule in SALE_CONDITIONS)
    assert updates_of("?") is updates_of("8", "UTP") is None


def test_only_two_codes_depend_on_the_tape_and_without_one_both_must_allow() -> None:
    assert [code for code in BY_CODE if depends_on_tape(code)] == ["B", "L"]
    assert updates_of("B") == VOLUME
    assert updates_of("L") == IF_FIRST


def test_a_code_that_a_processor_does_not_have_follows_the_rule_of_the_other() -> None:
    assert updates_of("W", "CTA") == VOLUME
    assert updates_of("E", "UTP") == REGULAR
    assert updates_of("G", "CTA") == IF_FIRST


@pytest.mark.parametrize(
    ("number", "updates"),
    [
        (0, REGULAR), (2, VOLUME), (4, REGULAR), (9, REGULAR), (10, IF_FIRST), (12, VOLUME), (13, VOLUME),
        (14, REGULAR), (15, Updates(0)), (16, Updates(0)), (20, VOLUME), (21, VOLUME), (22, IF_FIRST),
        (25, REGULAR), (29, VOLUME), (31, REGULAR), (32, IF_FIRST), (33, IF_FIRST), (37, VOLUME),
        (38, Updates.LAST | Updates.HIGH_LOW),
        (41, REGULAR), (52, VOLUME), (53, VOLUME), (60, REGULAR),
    ],
)  # fmt: skip
def test_the_ids_of_massive_update_what_its_reference_says(number: int, updates: Updates) -> None:
    assert updates_of_numbered(MASSIVE[number]) == updates


def test_two_ids_of_massive_follow_the_processors_where_its_reference_differs() -> None:
    """It says that an opening trade (17) never sets open or close, and that sold last (30) always does."""
    assert updates_of_numbered(MASSIVE[17]) == updates_of("O", "CTA") == REGULAR
    assert updates_of_numbered(MASSIVE[30]) == updates_of("L") == IF_FIRST


@pytest.mark.parametrize(
    ("flag", "updates"),
    [
        (0x1, REGULAR), (0x2, VOLUME), (0x20, REGULAR), (0x40, REGULAR), (0x80, REGULAR), (0x200, IF_FIRST),
        (0x400, VOLUME), (0x2000, VOLUME), (0x4000, IF_FIRST), (0x100000, VOLUME), (0x1000000, Updates(0)),
        (0x2000000, IF_FIRST), (0x4000000, Updates(0)), (0x20000000, REGULAR), (0x80000000, VOLUME),
    ],
)  # fmt: skip
def test_the_flags_of_lean_update_what_their_names_say(flag: int, updates: Updates) -> None:
    assert updates_of_numbered(LEAN[flag.bit_length() - 1]) == updates


_updates = st.sampled_from([REGULAR, VOLUME, IF_FIRST, Updates(0), Updates.LAST | Updates.HIGH_LOW])


@given(st.lists(_updates, max_size=4))
def test_several_conditions_update_what_all_of_them_allow(several: list[Updates]) -> None:
    found = allowed(several)
    for flag in (Updates.LAST, Updates.HIGH_LOW, Updates.VOLUME):
        assert bool(found & flag) == all(each & flag for each in several)
    lasts = Updates.LAST | Updates.LAST_IF_FIRST
    assert bool(found & lasts) == all(each & lasts for each in several)
    assert found & lasts != lasts
    assert {allowed(each) for each in permutations(several)} == {found}


def test_tapes_are_named_by_letters_or_numbers() -> None:
    assert [tape_of(text) for text in ("A", "B", "C", "1", "2", "3", " C ", "", "N", "O")] == [
        "CTA", "CTA", "UTP", "CTA", "CTA", "UTP", "UTP", None, None, None,
    ]  # fmt: skip


def test_updates_are_described_for_people() -> None:
    assert described(REGULAR) == "last, high, low, volume"
    assert described(IF_FIRST) == "last if the day has none, high, low, volume"
    assert described(VOLUME) == "volume only"
    assert described(Updates(0)) == "nothing"

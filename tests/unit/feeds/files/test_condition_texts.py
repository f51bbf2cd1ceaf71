"""The texts of sale conditions in files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.condition_texts import Vocabulary, read_conditions
from ticker.conditions import REGULAR, Updates
from ticker.sale_conditions import BY_CODE, Tape

VOLUME = Updates.VOLUME
IF_FIRST = Updates.LAST_IF_FIRST | Updates.HIGH_LOW | Updates.VOLUME


@pytest.mark.parametrize(
    ("text", "vocabulary", "conditions", "updates"),
    [
        ("", "sip", (), REGULAR),
        ("[]", "sip", (), REGULAR),
        ("@", "sip", ("@",), REGULAR),
        ("@FTI", "sip", ("@", "F", "T", "I"), VOLUME),
        ("@  I", "sip", ("@", "I"), VOLUME),
        (" F", "sip", ("F",), REGULAR),
        ("@4 W", "sip", ("@", "4", "W"), VOLUME),
        ("['@', 'T']", "sip", ("@", "T"), VOLUME),
        ('["@","4"]', "sip", ("@", "4"), IF_FIRST),
        ("['@' 'I']", "sip", ("@", "I"), VOLUME),
        ("[' ', 'I']", "sip", ("I",), VOLUME),
        ("@,T,I", "sip", ("@", "T", "I"), VOLUME),
        ("37", "massive", ("37",), VOLUME),
        ("53,52,41", "massive", ("53", "52", "41"), VOLUME),
        ("14,41", "massive", ("14", "41"), REGULAR),
        ("[12, 37]", "massive", ("12", "37"), VOLUME),
        ("{12;41}", "massive", ("12", "41"), VOLUME),
        ("37.0", "massive", ("37",), VOLUME),
        ("2", "massive", ("02",), VOLUME),
        ("1", "lean", ("00000001",), REGULAR),
        ("20002020", "lean", ("20002020",), VOLUME),
        ("80000020", "lean", ("80000020",), VOLUME),
        ("0", "lean", (), REGULAR),
        ("@ T", "any", ("@", "T"), VOLUME),
        ("I", "any", ("I",), VOLUME),
        ("TI", "any", ("T", "I"), VOLUME),
        ("['@', 'T']", "any", ("@", "T"), VOLUME),
    ],
)
def test_conditions_are_read(text: str, vocabulary: Vocabulary, conditions: tuple[str, ...], updates: Updates) -> None:
    assert read_conditions(text, vocabulary) == (conditions, updates, ())


@pytest.mark.parametrize(
    ("text", "vocabulary", "conditions", "unknown"),
    [
        ("@%", "sip", ("@", "%"), ("%",)),
        ("99", "massive", ("99",), ("99",)),
        ("12x", "massive", ("12x",), ("12x",)),
        ("AT", "any", ("AT",), ("AT",)),  # an automatic trade in London, no Form T
        ("Odd Lot", "any", ("Odd", "Lot"), ("Odd", "Lot")),
        ("12,37", "any", ("?12", "?37"), ("?12", "?37")),
        ("4", "any", ("?4",), ("?4",)),
        ("auction", "any", ("auction",), ("auction",)),
        ("T I X", "lean", ("?T", "?I", "?X"), ("?T", "?I", "?X")),
    ],
)
def test_unknown_conditions_are_kept_and_update_everything(
    text: str, vocabulary: Vocabulary, conditions: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    assert read_conditions(text, vocabulary) == (conditions, REGULAR, unknown)


def test_an_unknown_condition_does_not_hide_a_known_one() -> None:
    assert read_conditions("12,99", "massive") == (("12", "99"), VOLUME, ("99",))


@pytest.mark.parametrize(
    ("tape", "conditions", "updates"),
    [("CTA", ("@", "L", "CTA"), IF_FIRST), ("UTP", ("@", "L", "UTP"), REGULAR), (None, ("@", "L"), IF_FIRST)],
)
def test_the_tape_is_kept_where_the_rules_depend_on_it(
    tape: Tape | None, conditions: tuple[str, ...], updates: Updates
) -> None:
    assert read_conditions("@L", "sip", tape) == (conditions, updates, ())
    assert read_conditions("@F", "sip", tape).conditions == ("@", "F")


_texts = st.one_of(
    st.text(st.sampled_from([*BY_CODE, "8", "%", " "]), max_size=4),
    st.lists(st.sampled_from([*BY_CODE]), max_size=4).map(lambda codes: str(codes)),
    st.lists(st.integers(0, 130), max_size=4).map(lambda ids: ",".join(map(str, ids))),
    st.integers(0, 2**32 - 1).map(lambda flags: f"{flags:x}"),
    st.text(st.sampled_from("AITUOtx049?%, "), max_size=8),
    st.sampled_from(["CTA", "UTP @", "? 4", "?12"]),
)


@given(_texts, st.sampled_from(["sip", "massive", "lean", "any"]), st.sampled_from(["CTA", "UTP", None]))
def test_a_recorded_set_means_the_same_again(text: str, vocabulary: Vocabulary, tape: Tape | None) -> None:
    """Without its file, vocabulary and tape."""
    found = read_conditions(text, vocabulary, tape)
    again = read_conditions(" ".join(found.conditions), "recorded")
    assert again.updates == found.updates
    assert again.conditions == found.conditions

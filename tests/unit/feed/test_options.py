"""Option values: tuples, mappings and paths."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
import pytest

from ticker.feed.options import structured

Names = Annotated[tuple[str, ...], msgspec.Meta(description="Names.")]
Paths = Annotated[tuple[str, ...], msgspec.Meta(description="Paths.", extra={"paths": True})]
Pairs = Annotated[dict[str, str], msgspec.Meta(description="Pairs.")]


@pytest.mark.parametrize("given", ["A,B,C", " A , B,,C", ("A,B", "C"), ["A", "B", "C"]])
def test_a_tuple_is_split_at_commas_and_arguments(given: object) -> None:
    """In any mixture of the two, without blanks."""
    assert structured(given, Names) == ["A", "B", "C"]
    assert structured(given, Names | None) == ["A", "B", "C"]


def test_a_path_may_have_commas_and_blanks() -> None:
    """Arguments are taken as they are; a string is split at ``os.pathsep``."""
    assert structured(("a,b.csv", " c "), Paths) == ["a,b.csv", " c "]
    assert structured(os.pathsep.join(["a,b.csv", "c d"]), Paths) == ["a,b.csv", "c d"]


@pytest.mark.parametrize("given", ["price=PX,size=Q=1", (" price = PX", "size=Q=1"), {"price": "PX", "size": "Q=1"}])
def test_a_mapping_is_given_as_pairs_with_an_equals_sign(given: object) -> None:
    """Further equals signs belong to the value."""
    assert structured(given, Pairs) == {"price": "PX", "size": "Q=1"}


@pytest.mark.parametrize("given", ["price", "=PX", "price=", "price=PX,size"])
def test_an_invalid_pair_is_an_error(given: str) -> None:
    """It names the pair."""
    with pytest.raises(ValueError, match="is not of the form name=value"):
        structured(given, Pairs)


def test_other_types_stay_as_they_are() -> None:
    """A comma belongs to a string."""
    assert structured("a,b", str) == "a,b"
    assert structured("1", int) == "1"

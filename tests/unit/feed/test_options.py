"""Options as people give them: lists, mappings and paths."""

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
def test_a_tuple_is_separated_by_commas_and_words(given: object) -> None:
    """In any mixture of the two, blanks left out."""
    assert structured(given, Names) == ["A", "B", "C"]
    assert structured(given, Names | None) == ["A", "B", "C"]


def test_a_path_may_have_commas_and_blanks() -> None:
    """As words they are taken as they are; one string is separated as the system does it."""
    assert structured(("a,b.csv", " c "), Paths) == ["a,b.csv", " c "]
    assert structured(os.pathsep.join(["a,b.csv", "c d"]), Paths) == ["a,b.csv", "c d"]


@pytest.mark.parametrize("given", ["price=PX,size=Q=1", (" price = PX", "size=Q=1"), {"price": "PX", "size": "Q=1"}])
def test_a_mapping_is_pairs_joined_by_an_equals_sign(given: object) -> None:
    """The first one counts."""
    assert structured(given, Pairs) == {"price": "PX", "size": "Q=1"}


@pytest.mark.parametrize("given", ["price", "=PX", "price=", "price=PX,size"])
def test_a_pair_that_is_none_is_told(given: str) -> None:
    """With its text."""
    with pytest.raises(ValueError, match="is not of the form name=value"):
        structured(given, Pairs)


def test_everything_else_stays_as_it_is() -> None:
    """A comma in a text is a comma."""
    assert structured("a,b", str) == "a,b"
    assert structured("1", int) == "1"

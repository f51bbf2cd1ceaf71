"""Loading a feed's class by name, and its options from strings."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
import pytest

from ticker.errors import FeedError, OptionError
from ticker.feed.feed import Feed, FeedOptions, feed_class, feed_options, installed_feeds


class Options(FeedOptions, frozen=True, kw_only=True):
    path: str
    names: tuple[str, ...] = ()
    rate: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    loop: bool = False
    seed: int | None = None


class SomeFeed:
    Options: ClassVar[type[FeedOptions]] = Options


def options(**given: object) -> FeedOptions:
    return feed_options(SomeFeed, given)  # type: ignore[arg-type]  # only its Options are used


def test_strings_are_converted_to_the_types_of_the_options() -> None:
    """As given by the command line and the environment."""
    made = options(path="x.csv", names="A, B,,C", rate="2.5", loop="true", seed="7")
    assert made == Options(path="x.csv", names=("A", "B", "C"), rate=2.5, loop=True, seed=7)


@pytest.mark.parametrize(
    ("given", "option", "said"),
    [
        ({}, "path", "--path is required"),
        ({"path": "x", "rate": "0"}, "rate", "--rate: expected a number > 0"),
        ({"path": "x", "rate": "fast"}, "rate", "'fast'"),
        ({"path": "x", "seed": "1.5"}, "seed", "--seed"),
        ({"path": "x", "loop": "perhaps"}, "loop", "--loop"),
        ({"path": "x", "ticks_per_second": "1"}, "ticks_per_second", "--ticks-per-second is not an option"),
    ],
)
def test_an_error_names_the_option_as_on_the_command_line(given: dict[str, object], option: str, said: str) -> None:
    """Its attribute has the field's name, and its text the given value."""
    with pytest.raises(OptionError, match="^" + said.replace("(", r"\(") if said.startswith("--") else said) as caught:
        options(**given)
    assert caught.value.option == option


def test_the_built_in_feeds_are_entry_points() -> None:
    """Like third-party feeds."""
    assert {"csv", "random-walk"} <= installed_feeds().keys()
    kind: Any = feed_class("random-walk")
    feed = kind(feed_options(kind, {"symbols": "AAPL,MSFT", "seed": "1"}))
    assert isinstance(feed, Feed)
    assert list(feed.info.symbols) == ["AAPL", "MSFT"]


def test_an_unknown_feed_is_an_error_with_a_hint() -> None:
    """A similar name, or else the installed feeds."""
    with pytest.raises(FeedError, match="did you mean random-walk"):
        feed_class("randomwalk")
    with pytest.raises(FeedError, match=r"installed: .*csv.*random-walk"):
        feed_class("zzz")

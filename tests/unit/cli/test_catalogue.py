"""The list of feeds: options as people give them, and feeds that are broken."""

from __future__ import annotations

import pytest

from tests.support.cli_feeds import feeds as feeds
from ticker.cli.catalogue import Option, listing, listings
from ticker.cli.serve.command import command
from ticker.cli.server_options import RESERVED
from ticker.errors import FeedError

pytestmark = pytest.mark.usefixtures("feeds")


def option(name: str) -> Option:
    return next(option for option in listing("sine").options if option.name == name)


def test_an_option_tells_what_it_takes_and_what_it_is_without_it() -> None:
    """Kind, default and description come from the field's annotation, "or None" left out."""
    assert (option("rate_hz").kind, option("rate_hz").default) == ("number", "2.5")
    assert (option("depth").kind, option("depth").default) == ("whole number", None)
    assert (option("symbols").kind, option("symbols").default) == ("a,b,…", "SIN,WAVE")
    assert (option("key").kind, option("key").default, option("key").required) == ("text", None, True)
    assert option("rate_hz").description == "How fast."


def test_choices_are_told_one_by_one() -> None:
    """An enumeration and a literal are lists of words."""
    assert option("venue").choices == ("lit", "dark")
    assert option("venue").default == "lit"
    assert option("side").kind == "ask|bid"


def test_a_flag_has_an_opposite() -> None:
    """A bool is given without a value, either way."""
    assert option("loop").flags == ("--loop", "--no-loop")
    assert option("loop").variable == "TICKER_LOOP"


def test_an_option_that_the_server_has_too_is_given_with_the_feeds_name() -> None:
    """The server's --host stays the server's."""
    assert option("host").flags == ("--sine-host",)
    assert option("host").variable == "TICKER_SINE_HOST"


def test_the_reserved_names_are_the_servers_options() -> None:
    """A new option of `ticker serve` must be reserved, or a feed's would hide it."""
    assert {param.name for param in command.params} | {"help"} == RESERVED


def test_the_summary_is_the_first_sentence() -> None:
    """It stands on one line in the list."""
    assert listing("sine").summary == "Sine waves"


def test_broken_feeds_are_listed_with_the_reason() -> None:
    """Neither an import nor annotations that fail keep the other feeds from being listed."""
    found = {feed.name: feed for feed in listings()}
    assert list(found) == ["gone", "odd", "plain", "sine"]
    assert "NoSuchClass" in (found["gone"].broken or "")
    assert "NoSuchType" in (found["odd"].broken or "")
    assert found["plain"].broken is found["sine"].broken is None


def test_an_unknown_feed_is_an_error_that_names_a_near_one() -> None:
    """A slip of the finger is told as such."""
    with pytest.raises(FeedError, match="did you mean sine"):
        listing("sinus")

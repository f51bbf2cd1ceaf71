"""The list of installed feeds and their options."""

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


def test_an_option_has_the_kind_default_and_description_of_its_field() -> None:
    """An optional field ("or None") has the kind of its type."""
    assert (option("rate_hz").kind, option("rate_hz").default) == ("number", "2.5")
    assert (option("depth").kind, option("depth").default) == ("whole number", None)
    assert (option("symbols").kind, option("symbols").default) == ("a,b,…", "SIN,WAVE")
    assert (option("key").kind, option("key").default, option("key").required) == ("text", None, True)
    assert option("rate_hz").description == "How fast."


def test_enumerations_and_literals_are_choices() -> None:
    assert option("venue").choices == ("lit", "dark")
    assert option("venue").default == "lit"
    assert option("side").kind == "ask|bid"


def test_a_flag_can_be_negated() -> None:
    assert option("loop").flags == ("--loop", "--no-loop")
    assert option("loop").variable == "TICKER_LOOP"


def test_an_option_with_the_name_of_a_server_option_gets_the_feeds_name_as_prefix() -> None:
    assert option("host").flags == ("--sine-host",)
    assert option("host").variable == "TICKER_SINE_HOST"


def test_the_reserved_names_are_the_servers_options() -> None:
    """A feed's option of the same name would otherwise hide the server's."""
    assert {param.name for param in command.params} | {"help"} == RESERVED


def test_the_summary_is_the_first_sentence_of_the_docstring() -> None:
    assert listing("sine").summary == "Sine waves"


def test_broken_feeds_are_listed_with_the_reason() -> None:
    """An import that fails, and annotations that fail. The other feeds are listed as usual."""
    found = {feed.name: feed for feed in listings()}
    assert list(found) == ["gone", "odd", "plain", "sine"]
    assert "NoSuchClass" in (found["gone"].broken or "")
    assert "NoSuchType" in (found["odd"].broken or "")
    assert found["plain"].broken is found["sine"].broken is None


def test_an_unknown_feed_is_an_error_that_suggests_a_similar_name() -> None:
    with pytest.raises(FeedError, match="did you mean sine"):
        listing("sinus")

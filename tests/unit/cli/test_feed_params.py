"""A feed's options beside the command's own: parsing, environment, errors, help."""

from __future__ import annotations

import os
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.support.cli_feeds import feeds as feeds
from ticker.cli.feed_params import FeedCommand, given_options

pytestmark = pytest.mark.usefixtures("feeds")


@click.command(cls=FeedCommand, files_feed="plain")
@click.argument("files", nargs=-1)
@click.option("--feed", default="sine", envvar="TICKER_FEED")
@click.option("--host")
def command(**params: Any) -> None:
    """A command."""
    given = sorted(given_options(params).items())
    click.echo(f"{params['feed']} {params['host']} {given}")


def run(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(command, args, env=env)


def output(*args: str, env: dict[str, str] | None = None) -> str:
    """The output of a successful run."""
    result = run(*args, env=env)
    assert result.exit_code == 0, result
    return result.output.strip()


def error(*args: str, env: dict[str, str] | None = None) -> str:
    """The output of a failed run."""
    result = run(*args, env=env)
    assert result.exit_code != 0
    return result.output + str(result.exception)


def test_feed_may_stand_after_the_feeds_options() -> None:
    """And in the environment."""
    assert output("--speed", "3", "--feed", "plain") == "plain None [('speed', 3.0)]"
    assert output("--feed=plain", "--speed=3") == "plain None [('speed', 3.0)]"
    assert output("--speed", "3", env={"TICKER_FEED": "plain"}) == "plain None [('speed', 3.0)]"


def test_options_that_are_not_given_are_not_passed_to_the_feed() -> None:
    assert output() == "sine None []"


def test_a_flag_is_on_off_or_not_given() -> None:
    assert output("--loop") == "sine None [('loop', True)]"
    assert output("--no-loop") == "sine None [('loop', False)]"


def test_a_feeds_option_with_the_name_of_a_command_option_has_a_prefix() -> None:
    assert output("--host", "h", "--sine-host", "f") == "sine h [('host', 'f')]"


def test_the_command_line_takes_precedence_over_the_environment() -> None:
    env = {"TICKER_RATE_HZ": "7", "TICKER_LOOP": "yes"}
    assert output(env=env) == "sine None [('loop', True), ('rate_hz', 7.0)]"
    assert output("--rate-hz", "8", env=env) == "sine None [('loop', True), ('rate_hz', 8.0)]"


def test_variables_of_other_feeds_are_ignored() -> None:
    """Invalid ones too."""
    assert output("--feed", "plain", env={"TICKER_RATE_HZ": "nonsense"}) == "plain None []"


def test_an_option_of_another_feed_is_an_error_that_names_the_feed() -> None:
    assert "--speed is an option of the feed plain, not of sine" in error("--speed", "3")


def test_an_option_of_no_feed_is_unknown() -> None:
    assert "--spede" in error("--spede", "3")


@pytest.mark.parametrize("args", [("--rate-hz", "fast"), ("--side", "both"), ("--depth", "1.5")])
def test_an_invalid_value_is_an_error_that_names_the_option(args: tuple[str, str]) -> None:
    assert args[0] in error(*args)


def test_choosing_a_broken_feed_is_an_error() -> None:
    assert "NoSuchClass" in error("--feed", "gone")


def test_help_has_a_section_for_each_feed_and_warns_of_broken_ones() -> None:
    """Whichever feed is chosen, even one that does not exist."""
    for args in (("--help",), ("--feed", "plain", "--help"), ("--feed", "nonsense", "--help")):
        text = output(*args)
        assert text.index("Feed plain:") < text.index("Feed sine:")
        assert text.count("--rate-hz") == 1
        joined = " ".join(text.split())
        assert "[default: 2.5]" in joined
        assert "[required]" in joined
        assert joined.count("Warning: the feed") == 2


# Lists


def test_a_list_takes_all_words_up_to_the_next_option_and_may_be_repeated() -> None:
    """The feed splits words at commas."""
    assert output("--feed", "plain", "--path", "a", "b,c", "--speed", "2") == (
        "plain None [('path', ('a', 'b,c')), ('speed', 2.0)]"
    )
    assert output("--feed", "plain", "--path", "a", "b", "--path=c", "d") == (
        "plain None [('path', ('a', 'b', 'c', 'd'))]"
    )
    assert output("--feed", "plain", "--names", "A,B", "C") == "plain None [('names', ('A,B', 'C'))]"
    assert output("--columns", "price=PX", "size=Q", "--feed=plain") == (
        "plain None [('columns', ('price=PX', 'size=Q'))]"
    )


@pytest.mark.parametrize("args", [("--path",), ("--path", "--speed", "1"), ("--path", "a", "--path")])
def test_a_list_without_a_value_is_an_error(args: tuple[str, ...]) -> None:
    assert "--path" in error("--feed", "plain", *args)


def test_paths_in_the_environment_are_separated_as_in_path() -> None:
    """Another list is one text, which the feed splits."""
    env = {"TICKER_PATH": f"a,b{os.pathsep}c d", "TICKER_NAMES": "A,B C"}
    assert output("--feed", "plain", env=env) == "plain None [('names', ('A,B C',)), ('path', ('a,b', 'c d'))]"


# Files


def test_files_choose_the_feed_that_takes_them() -> None:
    """They may stand anywhere; files of the option come first."""
    assert output("a", "b", "--speed", "2") == "plain None [('path', ('a', 'b')), ('speed', 2.0)]"
    assert output("--speed", "2", "a") == "plain None [('path', ('a',)), ('speed', 2.0)]"
    assert output("--host", "h", "a") == "plain h [('path', ('a',))]"
    assert output("--speed", "2", "--", "-a") == "plain None [('path', ('-a',)), ('speed', 2.0)]"
    assert output("a", "--path", "b") == "plain None [('path', ('b', 'a'))]"


def test_files_for_a_feed_that_takes_none_are_an_error() -> None:
    assert "a.csv: the feed sine takes no files" in error("--feed", "sine", "a.csv")
    assert "a.csv: the feed sine takes no files" in error("a.csv", env={"TICKER_FEED": "sine"})


def test_options_do_not_choose_the_feed() -> None:
    """So files with an option of another feed are an error."""
    assert "a.csv" in error("a.csv", "--rate-hz", "3")

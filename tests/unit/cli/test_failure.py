"""Errors are printed as one line."""

from __future__ import annotations

import errno
import socket
from typing import Any

import click
import pytest

from ticker.cli.failure import Failure, cannot_listen, describe, printable
from ticker.errors import FeedError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Failure("no"), "ticker: no"),
        (FeedError("a\nb"), "ticker: a b"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "ticker: x.csv: No such file or directory"),
        (OSError(errno.ENOSPC, "No space left on device"), "ticker: No space left on device"),
        (FeedError(), "ticker: FeedError"),
    ],
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert describe(error) == line


def test_a_usage_error_refers_to_the_commands_help() -> None:
    ctx = click.Context(
        click.Command("serve"), info_name="serve", parent=click.Context(click.Group(), info_name="ticker")
    )
    assert describe(click.UsageError("Odd.", ctx)) == "ticker: Odd; see ticker serve --help"


def test_control_characters_in_an_error_are_replaced() -> None:
    """File names and symbols come from outside."""
    assert describe(Failure("x\x1b[31m\x07y\u202ez")) == "ticker: x�[31m�y�z"
    assert printable("plain – ✓ text") == "plain – ✓ text"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EADDRINUSE, "error while attempting to bind"), "another program listens there"),
        (OSError(errno.EACCES, "x"), "administrator"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "does not have that address"),
        (OSError(errno.ENOTSUP, "Not supported"), "Not supported"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no such host"),
    ],
)
def test_an_address_that_can_not_be_bound_is_an_error_with_address_and_reason(error: OSError, said: str) -> None:
    line = describe(cannot_listen("::1", 80, error))
    assert line.startswith("ticker: can't listen on [::1]:80: ")
    assert said in line


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (click.IntRange(1, 5), "6", "6 is not from 1 to 5"),
        (click.IntRange(1), "0", "0 is not at least 1"),
        (click.FloatRange(0, min_open=True), "0", "0.0 is not above 0"),
        (click.IntRange(1), "x", "'x' is not a valid whole number"),
    ],
)
def test_a_value_out_of_range_is_described_in_words(kind: Any, value: str, words: str) -> None:
    """Without the names of click's types, and inequalities."""
    command = click.Command("serve", params=[click.Option(["--n"], type=kind)])
    with pytest.raises(click.UsageError) as raised:
        command.main(["--n", value], standalone_mode=False)
    assert f"--n: {words}; see " in describe(raised.value)


def test_a_wrong_argument_is_described_like_an_option() -> None:
    """By the name in the command's usage."""
    command = click.Command("speed", params=[click.Argument(["speed"], type=click.FloatRange(0), metavar="NUMBER")])
    with pytest.raises(click.UsageError) as raised:
        command.main(["fast"], standalone_mode=False)
    assert "NUMBER: 'fast' is not a valid number; see " in describe(raised.value)

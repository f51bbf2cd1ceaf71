"""What goes wrong is one line."""

from __future__ import annotations

import errno
import socket

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
    """The command's name, and what is wrong."""
    assert describe(error) == line


def test_a_wrong_use_names_the_help() -> None:
    """Of the command that was used."""
    ctx = click.Context(
        click.Command("serve"), info_name="serve", parent=click.Context(click.Group(), info_name="ticker")
    )
    assert describe(click.UsageError("Odd.", ctx)) == "ticker: Odd; see ticker serve --help"


def test_nothing_in_an_error_steers_the_terminal() -> None:
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
def test_why_an_address_can_not_be_had_is_told_in_words(error: OSError, said: str) -> None:
    """With the address, and what to do if that is known."""
    line = describe(cannot_listen("::1", 80, error))
    assert line.startswith("ticker: can't listen on [::1]:80: ")
    assert said in line

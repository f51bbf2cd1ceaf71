"""The options with which a command gets into a server that asks who it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.failure import Failure

if TYPE_CHECKING:
    import ssl

F = TypeVar("F", bound=Callable[..., Any])
#: A key in an argument would stand in the list of processes, where everybody can read it.
VARIABLE = "TICKER_KEY"


def access_options(command: F) -> F:
    """``--key-file`` and ``--ca``, as parameters ``key_file`` and ``ca``."""
    key = click.option(
        "--key-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"A file with the key or token for the server; without it, {VARIABLE} of the environment is the key.",
    )
    ca = click.option(
        "--ca",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        envvar="TICKER_CA",
        show_envvar=True,
        help="Trust a server whose certificate this one (PEM) has signed, or is.",
    )
    return key(ca(command))


def key_of(key_file: Path | None) -> str | None:
    """The key, if there is one. Raises ``Failure`` for a file that has none."""
    if key_file is None:
        return os.environ.get(VARIABLE, "").strip() or None
    try:
        key = key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"--key-file: {key_file}: {getattr(error, 'strerror', None) or error}") from error
    if not key or len(key.split()) != 1:
        raise Failure(f"--key-file: {key_file} is to hold one key, and nothing else")
    return key


def trust(ca: Path | None) -> ssl.SSLContext | None:
    """Whom to trust; None: those that the system trusts. Raises ``Failure`` for a file that is no certificate."""
    if ca is None:
        return None
    import ssl

    try:
        return ssl.create_default_context(cafile=str(ca))
    except (ssl.SSLError, OSError) as error:
        raise Failure(f"--ca: {ca}: no certificate in PEM form") from error

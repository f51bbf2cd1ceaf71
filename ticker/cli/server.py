"""The server that a command connects to: the options ``--url``, ``--key-file`` and ``--ca``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ticker.cli.failure import Failure

if TYPE_CHECKING:
    import ssl

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_URL = "http://127.0.0.1:8000"
#: The key itself is no option: every user of the machine can read arguments in the list of processes.
KEY_VARIABLE = "TICKER_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """``ssl`` None means the system's certificates."""

    url: str
    key: str | None = field(default=None, repr=False)
    ssl: ssl.SSLContext | None = None


def option(command: str, name: str, *parameter: str, **more: Any) -> Callable[[F], F]:
    """An option with the environment variable ``TICKER_<COMMAND>_<NAME>``. Those of ``serve`` omit the command."""
    variable = f"TICKER_{command}_{name.removeprefix('--')}".upper().replace("-", "_")
    return click.option(name, *parameter, envvar=variable, show_envvar=True, **more)


def server_options(command: str) -> Callable[[F], F]:
    """Add the options to a command's function, which gets a ``Server`` as its argument ``server``."""

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*args: Any, url: str, key_file: Path | None, ca: Path | None, **more: Any) -> Any:
            return function(*args, server=Server(url=url, key=read_key(key_file), ssl=trust(ca)), **more)

        url = option(command, "--url", default=DEFAULT_URL, show_default=True, help="Address of the server.")
        key = click.option(
            "--key-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help=f"File with the API key or token.  [default: the variable {KEY_VARIABLE}]",
        )
        ca = click.option(
            "--ca",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            envvar="TICKER_CA",
            show_envvar=True,
            help="Certificate (PEM) to trust: the server's, or its authority's.",
        )
        return url(key(ca(cast("F", call))))

    return decorate


def read_key(key_file: Path | None) -> str | None:
    """The key from the file or the environment, or None. Raises ``Failure`` for a file without exactly one key."""
    if key_file is None:
        return os.environ.get(KEY_VARIABLE, "").strip() or None
    try:
        key = key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"--key-file: {key_file}: {getattr(error, 'strerror', None) or error}") from error
    if not key or len(key.split()) != 1:
        raise Failure(f"--key-file: {key_file} must contain one key and nothing else")
    return key


def trust(ca: Path | None) -> ssl.SSLContext | None:
    """A context that trusts this certificate only. Raises ``Failure`` for a file without a PEM certificate."""
    if ca is None:
        return None
    import ssl

    try:
        return ssl.create_default_context(cafile=str(ca))
    except (ssl.SSLError, OSError) as error:
        raise Failure(f"--ca: {ca}: not a PEM certificate") from error

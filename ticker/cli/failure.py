"""What went wrong, in one line for the user. This module knows no command."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import sys

import click
from click.core import ParameterSource

from ticker.errors import ConnectError, RefusedError, StreamError

#: The exit status that shells give what Ctrl-C ended.
INTERRUPTED = 130

_CANT_LISTEN = {
    errno.EADDRINUSE: "another program listens there; stop it, or choose another --port",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EACCES: "that port needs the administrator's rights; choose one above 1023",
}


class Failure(click.ClickException):
    """Something that the user can put right. The message says what, and how if that is known."""

    exit_code = 2


def describe(error: Exception) -> str:
    """The line for stderr: ``ticker: `` and what is wrong, whatever line breaks and control characters came in."""
    return "ticker: " + " ".join(printable(_words(error)).split())


def cannot_listen(host: str, port: int, error: OSError) -> Failure:
    """Why the server can't have its address, in words that help."""
    if isinstance(error, socket.gaierror):  # its numbers are not those of errno
        why = "there is no such host"
    else:
        why = _CANT_LISTEN.get(error.errno or 0) or error.strerror or str(error)
    return Failure(f"can't listen on {f'[{host}]' if ':' in host else host}:{port}: {why}")


def network_reason(error: BaseException) -> str:
    """Why there is no connection, in the system's words if the system said it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):  # its numbers are not those of errno, and aiohttp's own has no reason
            if reason := getattr(cause, "reason", None):
                return f"TLS: {reason.replace('_', ' ').lower()}"
        elif isinstance(cause, OSError) and cause.errno:
            # Those below 0 are the resolver's.
            return os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or str(cause)
        cause = cause.__cause__
    return str(error.__cause__ or error)


def no_server(url: str, error: BaseException, hint: str = "start one with `ticker serve`") -> Failure:
    """Why nobody was reached there. A certificate that isn't trusted is somebody's, and starting a server no help."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # aiohttp's own has the system's inside, and none of its attributes.
            inner = getattr(cause, "certificate_error", cause)
            why = getattr(inner, "verify_message", "") or inner
            return Failure(f"{url}: its certificate is not trusted: {printable(str(why))}; see --ca")
        cause = cause.__cause__
    return Failure(f"no server at {url}: {printable(network_reason(error))}; {hint}")


def unreachable(error: StreamError, url: str, hint: str = "start one with `ticker serve`") -> Exception:
    """What to raise where the Python client raised this, at the address ``url``."""
    if isinstance(error, RefusedError) and error.code == "http-401":
        return Failure(f"{url} asks for a key, or yours is not good: see --key-file")
    if isinstance(error, ConnectError):
        return no_server(url, error, hint)
    return error


def drop_output() -> None:
    """Nobody reads standard output any more: let what is still buffered go nowhere, at exit too."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # it is no file, as under a test: nothing is flushed at exit
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def printable(text: str) -> str:
    """The text without anything that a terminal would obey. White space stays, as blanks."""
    return "".join(map(_printable, text))


def _misuse(error: click.UsageError, ctx: click.Context) -> str:
    """What click says, but a wrong value by the name under which it was given: the option's, or the variable's."""
    param = getattr(error, "param", None)
    if not isinstance(param, click.Option) or isinstance(error, click.MissingParameter) or param.name is None:
        return error.format_message()
    name = param.opts[0]
    if ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
        name = str(param.envvar)
    # The names of click's types are not for people.
    message = error.message.replace("integer range", "whole number").replace("float range", "number")
    return f"{name}: {message}"


def _printable(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def _words(error: Exception) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{_misuse(error, error.ctx).rstrip('.')}; see {error.ctx.command_path} --help"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__

"""Errors for the user, each in one line. This module knows no command."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import sys

import click
from click.core import ParameterSource

from ticker.errors import ConnectError, RefusedError, StreamError

#: The exit status after Ctrl-C, as in shells.
INTERRUPTED = 130
#: The key of a context's ``meta`` for the path of the configuration file.
CONFIG_FILE = "ticker.config.file"

_CANT_LISTEN = {
    errno.EADDRINUSE: "another program listens there; stop it, or choose another --port",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EACCES: "that port needs administrator rights; choose one above 1023",
}


class Failure(click.ClickException):
    """An error that the user can fix. The message says what is wrong, and the fix if it is known."""

    exit_code = 2


def describe(error: Exception) -> str:
    """The line for stderr: ``ticker: `` and the message, without line breaks and control characters."""
    return "ticker: " + " ".join(printable(_message(error)).split())


def cannot_listen(host: str, port: int, error: OSError) -> Failure:
    if isinstance(error, socket.gaierror):  # its numbers are not those of errno
        why = "there is no such host"
    else:
        why = _CANT_LISTEN.get(error.errno or 0) or error.strerror or str(error)
    return Failure(f"can't listen on {f'[{host}]' if ':' in host else host}:{port}: {why}")


def network_reason(error: BaseException) -> str:
    """The reason that a connection failed: the operating system's or TLS's words, if either caused it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):  # its numbers are not those of errno; aiohttp's subclass has no reason
            if reason := getattr(cause, "reason", None):
                return f"TLS: {reason.replace('_', ' ').lower()}"
        elif isinstance(cause, OSError) and cause.errno:
            # Numbers below 0 are the resolver's.
            return os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or str(cause)
        cause = cause.__cause__
    return str(error.__cause__ or error)


def no_server(url: str, error: BaseException, hint: str = "start one with `ticker serve`") -> Failure:
    """The failure to connect to ``url``. The hint is left out if a server answered with an untrusted certificate."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # aiohttp's exception wraps the system's, which has the message.
            inner = getattr(cause, "certificate_error", cause)
            why = getattr(inner, "verify_message", "") or inner
            return Failure(f"{url}: its certificate is not trusted: {printable(str(why))}; see --ca")
        cause = cause.__cause__
    return Failure(f"no server at {url}: {printable(network_reason(error))}; {hint}")


def unreachable(error: StreamError, url: str, hint: str = "start one with `ticker serve`") -> Exception:
    """What to raise when the Python client raised ``error`` at the address ``url``."""
    if isinstance(error, RefusedError) and error.code == "http-401":
        return Failure(f"{url} requires a valid key; see --key-file")
    if isinstance(error, ConnectError):
        return no_server(url, error, hint)
    return error


def drop_output() -> None:
    """Discard what is still buffered for standard output, after its reader closed the pipe."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a file, as in a test: nothing is flushed at exit
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def printable(text: str) -> str:
    """The text with control characters replaced; white space becomes blanks."""
    return "".join(map(_printable, text))


def is_from_config(ctx: click.Context, param: str) -> bool:
    """Whether a parameter's value comes from the configuration file."""
    return ctx.get_parameter_source(param) is ParameterSource.DEFAULT_MAP


def _misuse(error: click.UsageError, ctx: click.Context) -> str:
    """click's message; a wrong value is named as it was given: by option, variable, or key of the file."""
    param = getattr(error, "param", None)
    if not isinstance(param, click.Parameter) or isinstance(error, click.MissingParameter) or param.name is None:
        return error.format_message()
    name = param.human_readable_name if isinstance(param, click.Argument) else param.opts[0]
    if ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
        name = str(param.envvar)
    elif is_from_config(ctx, param.name):
        name = f"{ctx.meta.get(CONFIG_FILE)}: {name.removeprefix('--')}"
    # click's words are for programmers.
    message = error.message.replace("integer range", "whole number").replace("float range", "number")
    message = re.sub(r"in the range ([\d.]+)<=x<=([\d.]+)", r"from \1 to \2", message)
    message = message.replace("in the range x>=", "at least ").replace("in the range x>", "above ")
    return f"{name}: {message}"


def _printable(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def _message(error: Exception) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{_misuse(error, error.ctx).rstrip('.')}; see {error.ctx.command_path} --help"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__

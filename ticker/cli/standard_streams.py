"""Standard input, output and error: usable whatever they are at the start, even closed.

A supervisor may start a program with descriptors 0 to 2 closed. The system gives the next file or socket the lowest
free number: a log line would then end up in a database or at a client. So these numbers are taken first.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, Final, TextIO

#: The name of standard output in errors.
OUTPUT: Final = "standard output"
#: How the descriptors are opened if they are closed. Standard output is opened for reading, so that a write fails as
#: it does on the closed descriptor (as in gnulib's ``stdopen``): the output is what a command is for. Its log is not.
_FLAGS: Final = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)


def prepare_standard_streams() -> None:
    """Open closed ones. A failed write to stderr is ignored from now on, one to stdout is an error that names it."""
    for number, flags in enumerate(_FLAGS):
        _take(number, flags)
    # Python's streams of closed descriptors are None.
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    if sys.platform != "win32":  # there a console needs Python's own class
        sys.stdout = _rebuilt(sys.stdout, _Output, 1)
        sys.stderr = _rebuilt(sys.stderr, _Diagnostics, 2)


def output_error(error: OSError) -> OSError:
    """The error of a write to standard output, with its name. ``BrokenPipeError`` stays one."""
    return OSError(error.errno, "it is closed" if error.errno == errno.EBADF else error.strerror, OUTPUT)


def _take(number: int, flags: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        # Those below it are open, so it is the lowest free number. The command's own processes inherit it.
        os.set_inheritable(os.open(os.devnull, flags), True)


class _Output(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise output_error(error) from error


class _Diagnostics(io.FileIO):
    """A full disk or a reader that is gone must not end a command whose output is elsewhere."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _rebuilt(stream: Any, kind: type[io.FileIO], number: int) -> TextIO:
    """The stream with another file below it. One that a test or a caller has put there stays."""
    if stream is not None and stream not in (sys.__stdout__, sys.__stderr__):
        return stream  # type: ignore[no-any-return]
    raw: Any = kind(number, "w", closefd=False)
    errors = "strict" if number == 1 else "backslashreplace"
    if stream is None:
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", errors, line_buffering=number == 2)
    # With `python -u` there is no buffer.
    file = raw if stream.write_through else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        file, stream.encoding, stream.errors, line_buffering=stream.line_buffering, write_through=stream.write_through
    )

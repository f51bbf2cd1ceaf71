"""Reads files that an operator names and that the server reads again while it runs: keys, certificates."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

#: More than any certificate chain or JWKS has.
MOST_BYTES = 1_048_576


def read_small_file(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file. Raises ``OSError``, whose ``strerror`` says what is wrong.

    Never waits, as opening a named pipe would, and never reads more than ``most_bytes``.
    """
    with open(path, "rb", opener=open_without_waiting) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if state.st_size <= most_bytes:
            content = file.read(most_bytes + 1)
            if len(content) <= most_bytes:
                return content
    raise OSError(errno.EFBIG, f"larger than {most_bytes:,} bytes", str(path))


def open_without_waiting(path: str, flags: int) -> int:
    """An opener for ``open``: a named pipe without a writer is opened at once."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

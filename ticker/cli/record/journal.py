"""A file of complete lines, also after the process is killed or the disk is full."""

from __future__ import annotations

import os
from pathlib import Path

from ticker.cli.failure import Failure


class Journal:
    """Writes blocks of lines, unbuffered. Raises ``Failure`` on errors; the file then ends with a complete line.

    Written lines survive the process, and after ``sync`` a crash of the machine.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self.path = path
        self.bytes = 0
        try:
            self._file = path.open("xb", buffering=0)
        except OSError as error:
            raise Failure(f"{path}: {error.strerror}") from error
        self.write(header)

    def write(self, data: bytes) -> None:
        view, at = memoryview(data), 0
        try:
            while at < len(data):
                at += self._file.write(view[at:])
        except OSError as error:
            # The last line may be incomplete.
            whole = data.rfind(b"\n", 0, at) + 1
            self._file.truncate(self.bytes + whole)
            self.bytes += whole
            raise Failure(f"{self.path}: {error.strerror}; the lines written so far can be replayed") from error
        self.bytes += len(data)

    def sync(self) -> None:
        """Flush the file to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

"""A file that is written line by line, and is whole lines at any moment: also when the process is killed, or the disk
is full. It knows no tick.
"""

from __future__ import annotations

import os
from pathlib import Path

from ticker.cli.failure import Failure


class Journal:
    """Writes blocks of lines straight to the system. Raises ``Failure`` when it can't, and then has whole lines.

    What was written is safe from the process's end; from the machine's it is after ``sync``.
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
            # The last line may be torn.
            whole = data.rfind(b"\n", 0, at) + 1
            self._file.truncate(self.bytes + whole)
            self.bytes += whole
            raise Failure(f"{self.path}: {error.strerror}; what was written until then can be replayed") from error
        self.bytes += len(data)

    def sync(self) -> None:
        """Have the system write it to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

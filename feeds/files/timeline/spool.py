"""Records in temporary files, for data that may exceed memory. The system deletes the files when they are closed.

A spool is one file of records of one type, appended in runs and read by position.
"""

from __future__ import annotations

import os
import tempfile
import threading
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from ticker.errors import FeedError

Records = npt.NDArray[np.void]

#: One timestamp per this many records is kept in memory, so that finding a time takes one read.
INDEX_EVERY: Final = 4096
_MAX_WRITE: Final = 1 << 24


class Spool:
    """Records of ``dtype``, which has a field ``ts``. Several threads may read at once.

    Raises ``FeedError`` if the disk can't be written or is full, and for reads after ``close``.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._file: IO[bytes] | None = None  # many spools stay empty and need no file
        self._length = 0
        self._closed = False
        # Against closing while another thread reads: the descriptor may by then belong to another file.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._length

    def append(self, records: Records) -> None:
        self.write(self._length, records)
        self._length += len(records)

    def write(self, start: int, records: Records) -> None:
        """Overwrite the records from ``start`` on."""
        data = np.ascontiguousarray(records).view(np.uint8).data
        at = start * self.dtype.itemsize
        try:
            with self._lock:
                if self._file is None:
                    self._file = tempfile.TemporaryFile(prefix="ticker-", buffering=0)  # noqa: SIM115 - see close()
                while data:
                    count = os.pwrite(self._file.fileno(), data[:_MAX_WRITE], at)
                    data, at = data[count:], at + count
        except OSError as error:
            where = tempfile.tempdir or "a temporary folder"
            text = f"can't write to {where}: {error.strerror}; set TMPDIR to a folder with more space"
            raise FeedError(text) from error

    def read(self, start: int, stop: int) -> Records:
        """The records from ``start`` to ``stop`` (excluded) or to the end."""
        stop = min(stop, self._length)
        data = np.empty(max(0, stop - start), self.dtype)
        view, at = data.view(np.uint8).data, start * self.dtype.itemsize
        while view:
            with self._lock:
                if self._file is None or self._closed:
                    raise FeedError("the replay is closed")
                count = os.preadv(self._file.fileno(), [view], at)
            if not count:
                raise FeedError("a temporary file was truncated")
            view, at = view[count:], at + count
        return data

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

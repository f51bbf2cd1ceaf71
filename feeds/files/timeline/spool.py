"""Records on disk, in temporary files that are gone when nobody has them open: what is too much for memory.

A spool is one file of records of one kind, appended in runs and read by position. It knows no tick.
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

#: One stamp of so many is kept in memory, to find a moment with one read.
INDEX_EVERY: Final = 4096
_MAX_WRITE: Final = 1 << 24


class Spool:
    """Records of ``dtype``, which has a field ``ts``. Reading by position is safe from several threads at once.

    Raises ``FeedError`` when the disk is full, or nothing can be written there, and for reading after ``close``.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._file: IO[bytes] | None = None  # most spools stay empty, and take no file
        self._length = 0
        self._closed = False
        # Against closing while another thread reads: the number of the file may be another file's by then.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._length

    def append(self, records: Records) -> None:
        self.write(self._length, records)
        self._length += len(records)

    def write(self, start: int, records: Records) -> None:
        """Lay ``records`` over what is at ``start``."""
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
            text = f"what is read can't be kept in {where}: {error.strerror}; TMPDIR names a folder with more room"
            raise FeedError(text) from error

    def read(self, start: int, stop: int) -> Records:
        """The records ``start`` to ``stop`` (not included), as far as there are any."""
        stop = min(stop, self._length)
        data = np.empty(max(0, stop - start), self.dtype)
        view, at = data.view(np.uint8).data, start * self.dtype.itemsize
        while view:
            with self._lock:
                if self._file is None or self._closed:
                    raise FeedError("the replay's files are closed")
                count = os.preadv(self._file.fileno(), [view], at)
            if not count:
                raise FeedError("a temporary file was cut off")
            view, at = view[count:], at + count
        return data

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

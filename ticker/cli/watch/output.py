"""Standard output, written by a thread, so that a slow reader does not block the event loop.

The server disconnects clients that stop reading. A slow reader of the output must get later values instead, so the
event loop serves the connection while a write is in progress.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from ticker.cli.standard_streams import output_error

#: The bytes, the future to resolve when they are written, and its loop.
_Job = tuple[bytes, asyncio.Future[None], asyncio.AbstractEventLoop]


class Output:
    """``write`` is called on the thread, one piece at a time."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        # A daemon: a blocked write must not keep the process alive.
        threading.Thread(target=self._run, name="output", daemon=True).start()

    async def write(self, data: bytes) -> None:
        """Return when the data is written. Raises ``OSError``: ``BrokenPipeError`` if the reader is gone."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._jobs.put((data, written, loop))
        await written

    def _run(self) -> None:
        while True:
            data, written, loop = self._jobs.get()
            error: OSError | None = None
            try:
                self._write(data)
            except OSError as failed:
                error = failed
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_finish, written, error)


def _finish(written: asyncio.Future[None], error: OSError | None) -> None:
    if written.cancelled():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def standard_output() -> Callable[[bytes], object]:
    """Writes past Python's buffer, whose lock a blocked thread would hold at exit."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return sys.stdout.buffer.write  # not a file, as in tests

    def write(data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(number, rest) :]
        except OSError as error:
            raise output_error(error) from error

    return write

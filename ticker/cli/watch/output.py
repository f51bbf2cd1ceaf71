"""Standard output, written to by a thread, so that a reader who is slow doesn't hold the event loop.

A stream that isn't listened to is dropped by its server; a slow reader of ours must get later values instead. So the
loop awaits each write, and goes on with the connection meanwhile. This module knows no stream.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

#: Bytes, who waits for them to be written, and on which loop.
_Job = tuple[bytes, asyncio.Future[None], asyncio.AbstractEventLoop]


class Output:
    """``write`` is called on the thread, with one piece after the other."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        # A daemon: one that hangs in a write is left behind.
        threading.Thread(target=self._run, name="output", daemon=True).start()

    async def write(self, data: bytes) -> None:
        """Until it is written. Raises ``OSError`` (``BrokenPipeError`` if nobody reads any more)."""
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
            with suppress(RuntimeError):  # the loop was closed meanwhile, so nobody waits
                loop.call_soon_threadsafe(_finish, written, error)


def _finish(written: asyncio.Future[None], error: OSError | None) -> None:
    if written.cancelled():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def standard_output() -> Callable[[bytes], object]:
    """A way to standard output past Python's buffer, whose lock a thread that hangs would keep at exit."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return sys.stdout.buffer.write  # it is no file, as under a test

    def write(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(number, rest) :]

    return write

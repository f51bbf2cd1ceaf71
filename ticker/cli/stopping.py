"""Runs a command's coroutine until it returns, or SIGTERM or SIGINT (Ctrl-C) stops it.

The first signal asks it to stop. A second signal, or ``STOP_WITHIN_S`` after the first, ends the process: a feed is
third-party code that may block the event loop or a thread.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from ticker.cli.failure import INTERRUPTED

#: The time that a command has to stop.
STOP_WITHIN_S = 1.8
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """The request to stop. ``signal`` is the one that came; ``leave`` ends the process at once with a status."""

    def __init__(self, within_s: float | None = None, leave: Callable[[int], None] = os._exit) -> None:
        self.signal: signal.Signals | None = None
        self._within_s = STOP_WITHIN_S if within_s is None else within_s
        self._leave = leave
        self._loop: asyncio.AbstractEventLoop | None = None
        self._requested = asyncio.Event()
        self._timer: threading.Timer | None = None

    @property
    def status(self) -> int:
        """The exit status: 130 after Ctrl-C, else 0."""
        return INTERRUPTED if self.signal is signal.SIGINT else 0

    async def run(self, work: Coroutine[Any, Any, int]) -> int:
        """The exit status of ``work``. If the command is asked to stop first, ``work`` is cancelled."""
        stopped, working = asyncio.create_task(self.wait()), asyncio.create_task(work)
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if working.done():
            return working.result()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        return self.status

    async def wait(self) -> None:
        """Return when the command is asked to stop."""
        await self._requested.wait()

    def ask(self, number: int) -> None:
        """Handle a signal. Called between any two byte codes, as signal handlers are."""
        if self.signal is not None:
            self._leave(self.status)
            return
        self.signal = signal.Signals(number)
        self._timer = threading.Timer(self._within_s, self._leave, [self.status])
        self._timer.daemon = True
        self._timer.start()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._requested.set)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Notify ``loop`` of a signal from now on, and of one that came before."""
        self._loop = loop
        if self.signal is not None:
            self._requested.set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals in the ``with`` block; the previous handlers are restored after it."""

        def on_signal(number: int, _frame: FrameType | None) -> None:
            self.ask(number)

        # Python's handlers, not the loop's: they run even while a callback blocks the loop.
        before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._timer is not None:
                self._timer.cancel()


def run(work: Callable[[Stop], Coroutine[Any, Any, int]], stop: Stop | None = None) -> int:
    """Run ``work`` and return its exit status. It should return soon after ``Stop.wait`` does."""
    stop = stop or Stop()

    async def attached() -> int:
        stop.attach(asyncio.get_running_loop())
        return await work(stop)

    with stop.listening():
        return asyncio.run(attached())

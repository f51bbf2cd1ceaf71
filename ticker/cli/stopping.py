"""Runs a command's coroutine until it is done or the user has had enough of it.

The first SIGTERM or Ctrl-C asks it to stop. A second one, or one whose wish was not met in time, ends the process where
it stands: a feed is third-party code, and may hold the event loop or a thread. This module knows no command.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ticker.cli.failure import INTERRUPTED

#: How long a command may take to stop.
STOP_WITHIN_S = 1.8
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether, and by what, the command was asked to stop. ``leave`` ends the process at once with a status."""

    def __init__(self, within_s: float = STOP_WITHIN_S, leave: Callable[[int], None] = os._exit) -> None:
        self.signal: signal.Signals | None = None
        self._within_s = within_s
        self._leave = leave
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()
        self._timer: threading.Timer | None = None

    @property
    def status(self) -> int:
        """The exit status: 130 after Ctrl-C, else 0."""
        return INTERRUPTED if self.signal is signal.SIGINT else 0

    async def wait(self) -> None:
        """Until the command is asked to stop."""
        await self._asked.wait()

    def ask(self, number: int) -> None:
        """A signal came. May be called from anywhere between two byte codes, as signal handlers are."""
        if self.signal is not None:
            self._leave(self.status)
            return
        self.signal = signal.Signals(number)
        self._timer = threading.Timer(self._within_s, self._leave, [self.status])
        self._timer.daemon = True
        self._timer.start()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked.set)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on ``loop`` is told. A signal that came before counts."""
        self._loop = loop
        if self.signal is not None:
            self._asked.set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals. What handled them before does so again afterwards."""

        def on_signal(number: int, _frame: FrameType | None) -> None:
            self.ask(number)

        # Python's own handlers, not the loop's: they are called even while a callback holds the loop.
        before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._timer is not None:
                self._timer.cancel()


def run(work: Callable[[Stop], Coroutine[Any, Any, int]], stop: Stop | None = None) -> int:
    """Run ``work`` to its exit status. It is to return soon after its argument's ``wait`` does."""
    stop = stop or Stop()

    async def attached() -> int:
        stop.attach(asyncio.get_running_loop())
        return await work(stop)

    with stop.listening():
        return asyncio.run(attached())

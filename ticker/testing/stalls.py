"""Measures how long the event loop is blocked by its own work, not by a busy machine."""

from __future__ import annotations

import threading
import time
from typing import Final

#: The interval at which to call ``beat``.
BEAT_S: Final = 0.005


class Stalls:
    """Call ``beat`` every ``BEAT_S``. ``longest_s`` is the longest time between two beats that the loop's thread used.

    Time in which the thread waited for a processor is not counted. Nor is time in which the whole process stood still,
    which an idle second thread detects, unless the loop's thread was computing.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._witness_s = self._last_s = time.perf_counter()
        self._late_s = 0.0
        self._used_s, self._waited_s = time.thread_time(), _waited_s()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ticker-stalls", daemon=True)
        self._thread.start()

    def restart(self) -> None:
        """Measure from now on."""
        self.longest_s, self._late_s = 0.0, 0.0
        self._last_s, self._used_s, self._waited_s = time.perf_counter(), time.thread_time(), _waited_s()

    def beat(self) -> None:
        now_s, used_s, waited_s = time.perf_counter(), time.thread_time(), _waited_s()
        # The second thread may be about to wake up from the same pause.
        late_s = max(self._late_s, now_s - max(self._witness_s, self._last_s) - BEAT_S, waited_s - self._waited_s)
        own_s = max(used_s - self._used_s, now_s - self._last_s - late_s)
        self.longest_s = max(self.longest_s, own_s - BEAT_S)
        self._last_s, self._used_s, self._waited_s, self._late_s = now_s, used_s, waited_s, 0.0

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(BEAT_S):
            now_s = time.perf_counter()
            self._late_s = max(self._late_s, now_s - self._witness_s - BEAT_S)
            self._witness_s = now_s


def _waited_s() -> float:
    """How long this thread was runnable but not running (Linux, proc(5): schedstat); 0 on other systems."""
    try:
        with open("/proc/thread-self/schedstat", "rb") as file:  # noqa: PTH123 - Path takes twice the time
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0

"""How long the event loop stood still for its own doing, and not because the machine was busy elsewhere."""

from __future__ import annotations

import threading
import time
from typing import Final

#: How often ``beat`` is to be called.
BEAT_S: Final = 0.005


class Stalls:
    """Call ``beat`` every ``BEAT_S``. ``longest_s`` is the longest time between two that the loop's thread used.

    A thread beside it, which does nothing, is the witness: time in which it didn't run either was not the loop's to
    use, unless the loop's thread was computing all the while.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._witness_s = self._last_s = time.perf_counter()
        self._late_s = 0.0
        self._used_s = time.thread_time()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ticker-stalls", daemon=True)
        self._thread.start()

    def restart(self) -> None:
        """Forget what was, and measure from now on."""
        self.longest_s, self._late_s = 0.0, 0.0
        self._last_s, self._used_s = time.perf_counter(), time.thread_time()

    def beat(self) -> None:
        now_s, used_s = time.perf_counter(), time.thread_time()
        # The witness may be about to wake up from the same pause.
        late_s = max(self._late_s, now_s - max(self._witness_s, self._last_s) - BEAT_S)
        own_s = max(used_s - self._used_s, now_s - self._last_s - late_s)
        self.longest_s = max(self.longest_s, own_s - BEAT_S)
        self._last_s, self._used_s, self._late_s = now_s, used_s, 0.0

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(BEAT_S):
            now_s = time.perf_counter()
            self._late_s = max(self._late_s, now_s - self._witness_s - BEAT_S)
            self._witness_s = now_s

"""An event loop that is held up by what runs in it, and one that only had no processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from ticker.testing.stalls import Stalls

STOPPED = """
import os, signal
from ticker.testing.stalls import Stalls
stalls = Stalls()
stalls.restart()
os.kill(os.getpid(), signal.SIGSTOP)
stalls.beat()
print(stalls.longest_s)
"""


def computed(seconds: float) -> None:
    until_s = time.thread_time() + seconds
    while time.thread_time() < until_s:
        pass


@pytest.mark.parametrize("hold_up", [time.sleep, computed])
def test_sleeping_and_computing_are_told(hold_up: Callable[[float], None]) -> None:
    """Both hold up the loop; a sleeping thread uses no processor, a computing one keeps the witness waiting.

    Where neighbours are busy, some of that time is theirs, and is rightly not told; not each time all of it.
    """
    stalls = Stalls()
    for _ in range(50):
        stalls.restart()
        assert stalls.longest_s == 0
        hold_up(0.1)
        stalls.beat()
        if stalls.longest_s > 0.08:
            break
    else:
        pytest.fail("nothing was told")
    stalls.close()


def test_a_process_that_was_stopped_was_not_held_up_by_itself() -> None:
    """A machine that gives no time to the process holds up the witness, too."""
    command = [sys.executable, "-c", STOPPED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGCONT)
        assert float(process.communicate()[0]) < 0.25

"""Stalls of the event loop, as opposed to waiting for a processor."""

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
def test_sleeping_and_computing_block_the_loop(hold_up: Callable[[float], None]) -> None:
    """On a busy machine a part of the time is not the loop's own, and not counted."""
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


def test_a_stopped_process_does_not_count_as_blocked() -> None:
    command = [sys.executable, "-c", STOPPED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGCONT)
        assert float(process.communicate()[0]) < 0.25

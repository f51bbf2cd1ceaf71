"""An event loop that is held up by what runs in it, and one that only had no processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

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


def test_sleeping_and_computing_are_told() -> None:
    """Both hold up the loop; a sleeping thread uses no processor, a computing one keeps the witness waiting."""
    stalls = Stalls()
    stalls.restart()
    time.sleep(0.1)
    stalls.beat()
    assert stalls.longest_s > 0.08
    stalls.restart()
    until_s = time.thread_time() + 0.1
    while time.thread_time() < until_s:
        pass
    stalls.beat()
    assert stalls.longest_s > 0.08
    stalls.restart()
    assert stalls.longest_s == 0
    stalls.close()


def test_a_process_that_was_stopped_was_not_held_up_by_itself() -> None:
    """A machine that gives no time to the process holds up the witness, too."""
    command = [sys.executable, "-c", STOPPED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGCONT)
        assert float(process.communicate()[0]) < 0.25

"""Signals: the first requests a stop; the second, or a timeout, ends the process."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from ticker.cli.stopping import Stop, run


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_requests_a_stop_and_sets_the_exit_status(number: signal.Signals, status: int) -> None:
    """0 for SIGTERM, 130 for Ctrl-C."""
    left: list[int] = []

    async def work(stop: Stop) -> int:
        signal.raise_signal(number)
        await stop.wait()
        return stop.status

    assert run(work, Stop(leave=left.append)) == status
    assert left == []


def test_a_signal_before_the_loop_runs_is_not_lost() -> None:
    stop = Stop(leave=lambda _: None)
    stop.ask(signal.SIGTERM)

    async def work(stop: Stop) -> int:
        await stop.wait()
        return 7

    assert run(work, stop) == 7


def test_a_command_that_returns_sets_its_own_exit_status() -> None:

    async def work(_: Stop) -> int:
        return 3

    assert run(work) == 3


def test_a_second_signal_ends_the_process() -> None:
    """With the status of the first."""
    left: list[int] = []
    stop = Stop(leave=left.append)
    stop.ask(signal.SIGINT)
    assert left == []
    stop.ask(signal.SIGTERM)
    assert left == [130]


def test_a_command_that_does_not_stop_in_time_is_ended() -> None:
    """A feed may block the event loop."""
    gone = threading.Event()

    async def work(stop: Stop) -> int:
        signal.raise_signal(signal.SIGTERM)
        assert gone.wait(60)  # holds the loop
        return stop.status

    run(work, Stop(within_s=0.01, leave=lambda _: gone.set()))


def test_the_previous_signal_handlers_are_restored() -> None:

    async def work(_: Stop) -> int:
        assert signal.getsignal(signal.SIGTERM) is not before
        await asyncio.sleep(0)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    run(work)
    assert signal.getsignal(signal.SIGTERM) is before

"""Signals: the first asks, the second ends it, and so does being slow."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from ticker.cli.stopping import Stop, run


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_asks_the_command_to_stop_and_gives_the_status(number: signal.Signals, status: int) -> None:
    """0 for SIGTERM, 130 for Ctrl-C; what the command does until then is its own affair."""
    left: list[int] = []

    async def work(stop: Stop) -> int:
        signal.raise_signal(number)
        await stop.wait()
        return stop.status

    assert run(work, Stop(leave=left.append)) == status
    assert left == []


def test_a_signal_before_the_loop_runs_counts() -> None:
    """A process that is stopped while it still starts doesn't run on."""
    stop = Stop(leave=lambda _: None)
    stop.ask(signal.SIGTERM)

    async def work(stop: Stop) -> int:
        await stop.wait()
        return 7

    assert run(work, stop) == 7


def test_a_command_that_ends_by_itself_gives_its_own_status() -> None:
    """Nobody has to stop it."""

    async def work(_: Stop) -> int:
        return 3

    assert run(work) == 3


def test_a_second_signal_leaves_at_once() -> None:
    """With the first one's status, whatever the command still does."""
    left: list[int] = []
    stop = Stop(leave=left.append)
    stop.ask(signal.SIGINT)
    assert left == []
    stop.ask(signal.SIGTERM)
    assert left == [130]


def test_what_does_not_stop_in_time_is_left() -> None:
    """A feed that holds the event loop must not keep the process."""
    gone = threading.Event()

    async def work(stop: Stop) -> int:
        signal.raise_signal(signal.SIGTERM)
        assert gone.wait(10)  # holds the loop
        return stop.status

    run(work, Stop(within_s=0.01, leave=lambda _: gone.set()))


def test_handlers_are_put_back() -> None:
    """Whoever calls a command from a program of his own keeps his handlers."""

    async def work(_: Stop) -> int:
        assert signal.getsignal(signal.SIGTERM) is not before
        await asyncio.sleep(0)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    run(work)
    assert signal.getsignal(signal.SIGTERM) is before

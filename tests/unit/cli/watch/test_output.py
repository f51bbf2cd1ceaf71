"""Standard output, written by a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ticker.cli.watch.output import Output


async def test_write_returns_when_the_data_is_written() -> None:
    """In order."""
    written: list[bytes] = []
    output = Output(written.append)
    await output.write(b"a")
    assert written == [b"a"]
    await output.write(b"b")
    assert written == [b"a", b"b"]


async def test_a_slow_reader_does_not_block_the_event_loop() -> None:
    """A cancelled write doesn't affect the next."""
    may_go_on = threading.Event()
    output = Output(lambda _: may_go_on.wait(60))
    writing = asyncio.create_task(output.write(b"a"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not writing.done()
    writing.cancel()
    may_go_on.set()
    await output.write(b"b")


async def test_a_closed_pipe_raises() -> None:
    """The system's error, at each write."""

    def write(_: bytes) -> None:
        raise BrokenPipeError

    output = Output(write)
    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            await output.write(b"a")

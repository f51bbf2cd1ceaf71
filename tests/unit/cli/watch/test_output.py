"""Standard output behind a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ticker.cli.watch.output import Output


async def test_what_is_written_is_there_when_the_wait_is_over() -> None:
    """In order."""
    written: list[bytes] = []
    output = Output(written.append)
    await output.write(b"a")
    assert written == [b"a"]
    await output.write(b"b")
    assert written == [b"a", b"b"]


async def test_the_loop_goes_on_while_a_reader_is_slow() -> None:
    """And a write that is given up doesn't disturb the next."""
    may_go_on = threading.Event()
    output = Output(lambda _: may_go_on.wait(10))
    writing = asyncio.create_task(output.write(b"a"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not writing.done()
    writing.cancel()
    may_go_on.set()
    await output.write(b"b")


async def test_a_reader_that_is_gone_is_told() -> None:
    """As the error that it is, at each write."""

    def write(_: bytes) -> None:
        raise BrokenPipeError

    output = Output(write)
    for _ in range(2):
        with pytest.raises(BrokenPipeError):
            await output.write(b"a")

"""A process forked from one with an open stream: its copy of the stream raises, and the parent's goes on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.processes import Server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

#: Prints what each use of the parent's stream raises in the child, then a price that the parent still gets.
SCRIPT = """
import os, sys, ticker

def used(name, use):
    try:
        result = use()
    except ticker.StreamError as error:
        print(name, type(error).__name__, "opened by process" in str(error), flush=True)
    else:
        print(name, "returned", result, flush=True)

stream = ticker.connect_sync(sys.argv[1], ["AAPL", "MSFT"], rate=0)
unopened = ticker.connect_sync(sys.argv[1], ["AAPL"])
stream.open()
iterator = iter(stream)
next(iterator)
child = os.fork()
if child == 0:
    used("next", lambda: stream.next(timeout=60))
    used("iterator", lambda: next(iterator))
    used("trades", lambda: next(stream.trades()))
    used("events", lambda: next(stream.events()))
    used("board", lambda: stream.board["AAPL"])
    used("frame", stream.frame)
    used("rooms", lambda: stream.rooms)
    used("subscribe", lambda: stream.subscribe(["GOOG"]))
    used("ping", stream.ping)
    used("alerts", stream.alerts)
    print("state", stream.state, flush=True)
    stream.close()
    with unopened:
        print("own", unopened.board["AAPL"].symbol, flush=True)
    os._exit(0)
status = os.waitpid(child, 0)[1]
before = stream.version
while stream.version < before + 3:
    stream.next(timeout=60)
print("parent", stream.state, stream.reconnects, status, flush=True)
stream.close()
"""

ASYNC_SCRIPT = """
import asyncio, os, sys, ticker

async def use(stream):
    for name, use in [
        ("iterate", lambda: stream.__anext__()),
        ("subscribe", lambda: stream.subscribe(["GOOG"])),
        ("ping", stream.ping),
        ("alerts", stream.alerts),
        ("join", lambda: stream.join("desk")),
    ]:
        try:
            await use()
        except ticker.StreamError as error:
            print(name, "opened by process" in str(error), flush=True)
    await stream.close()
    print("closed", flush=True)

async def main():
    stream = await ticker.connect(sys.argv[1], ["AAPL"], rate=0).open()
    child = os.fork()
    if child == 0:
        asyncio.events._set_running_loop(None)
        asyncio.run(use(stream))
        os._exit(0)
    await asyncio.to_thread(os.waitpid, child, 0)
    before = stream.version
    while stream.version < before + 3:
        await anext(stream)
    print("parent", stream.state, stream.reconnects, flush=True)
    await stream.close()

asyncio.run(main())
"""


def output(script: str) -> list[str]:
    with Server("--symbols", "AAPL,MSFT,GOOG", "--ticks-per-second", "200") as server:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, server.url],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_each_use_of_the_parents_stream_raises_at_once() -> None:
    """A stream that was not open yet can be opened in the child."""
    uses = ("next", "iterator", "trades", "events", "board", "frame", "rooms", "subscribe", "ping", "alerts")
    assert output(SCRIPT) == [
        *(f"{use} StreamError True" for use in uses),
        "state closed",
        "own AAPL",
        "parent live 0 0",
    ]


def test_it_raises_with_asyncio_too() -> None:
    """Closing it in the child leaves the parent's connection alone."""
    uses = ("iterate", "subscribe", "ping", "alerts", "join")
    assert output(ASYNC_SCRIPT) == [*(f"{use} True" for use in uses), "closed", "parent live 0"]

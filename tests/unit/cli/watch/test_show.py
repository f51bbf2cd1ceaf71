"""Showing a stream: batches, the live table, the tape."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from rich.console import Console

from tests.support.cli_streams import FakeItems, FakeStream
from ticker.cli.watch.show import show_table, show_tape
from ticker.cli.watch.stream import next_batch
from ticker.client.protocol.symbol_view import Update
from ticker.client.protocol.ticks import Trade
from ticker.errors import RefusedError

ENTER, LEAVE, SHOW_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    made = Console(file=out, force_terminal=terminal, width=80, height=10, highlight=False, _environ={"TERM": "xterm"})
    return made, out


def fake_stream(items: FakeItems, *args: Any) -> Any:
    return FakeStream(items, *args)


def updates(*prices: float) -> list[Any]:
    return [Update("AAPL", {"last": price}, {}, removed=False) for price in prices]


async def test_a_batch_has_the_items_that_are_there() -> None:
    """At most as many as requested, and none after the end."""
    items = FakeItems([1, 2, 3])
    assert await next_batch(items, 2) == [1, 2]
    assert await next_batch(items, 2) == [3]
    assert await next_batch(items, 2) == []
    assert await next_batch(FakeItems([1]), 0) == []


async def test_items_before_an_error_are_returned_first() -> None:
    """The next wait raises the error."""
    items = FakeItems([1, 2], RefusedError("x", "no"))
    assert await next_batch(items, 9) == [1, 2]
    with pytest.raises(RefusedError):
        await next_batch(items, 9)


async def test_without_a_terminal_the_table_is_printed_once() -> None:
    """At the end, with the latest values."""
    target, out = console(terminal=False)
    await show_table(fake_stream(FakeItems(updates(1, 2, 3)), ["AAPL", "X"], {"X": "unknown-symbol"}), target, None)
    text = out.getvalue()
    assert "\x1b" not in text
    assert text.count("AAPL") == 1
    assert "3.00 ▲" in text
    assert "unknown to the server: X" in text


async def test_the_table_ends_after_the_count() -> None:
    """After exactly that number of updates."""
    items = FakeItems(updates(1, 2, 3, 4))
    target, out = console(terminal=False)
    await show_table(fake_stream(items, ["AAPL"]), target, 3)
    assert "3.00 ▲" in out.getvalue()
    assert len(items.items) == 1


async def test_a_terminal_is_restored() -> None:
    """When it is cancelled, it leaves the alternate screen and shows the cursor."""
    target, out = console(terminal=True)
    items = FakeItems(updates(1), stays=True)
    showing = asyncio.create_task(show_table(fake_stream(items, ["AAPL"]), target, None))
    await items.waiting.wait()
    assert ENTER in out.getvalue()
    assert LEAVE not in out.getvalue()
    showing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await showing
    assert out.getvalue().index(LEAVE) > out.getvalue().index(ENTER)
    assert SHOW_CURSOR in out.getvalue()


async def test_the_last_table_stays_on_the_terminal() -> None:
    """It is printed after leaving the alternate screen."""
    target, out = console(terminal=True)
    await show_table(fake_stream(FakeItems(updates(1, 2)), ["AAPL"]), target, 2)
    assert "2.00 ▲" in out.getvalue().partition(LEAVE)[2]


async def test_an_error_of_the_stream_restores_the_terminal() -> None:
    """And is raised."""
    target, out = console(terminal=True)
    with pytest.raises(RefusedError):
        await show_table(fake_stream(FakeItems([], RefusedError("x", "no")), ["AAPL"]), target, None)
    assert LEAVE in out.getvalue()


async def test_the_tape_prints_every_tick() -> None:
    """Up to the count."""
    target, out = console(terminal=False)
    trades = [Trade("AAPL", 10**18, price, 1) for price in (1.0, 2.0, 3.0)]
    await show_tape(fake_stream(FakeItems(list(trades)), ["AAPL"]), "trades", target, None)
    assert len(out.getvalue().splitlines()) == 3
    target, out = console(terminal=False)
    await show_tape(fake_stream(FakeItems(list(trades)), ["AAPL"]), "trades", target, 2)
    assert len(out.getvalue().splitlines()) == 2

"""What a stream gives, on its way to a terminal."""

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


async def test_a_batch_is_what_is_there() -> None:
    """At most as much as asked for, and nothing once it has ended."""
    items = FakeItems([1, 2, 3])
    assert await next_batch(items, 2) == [1, 2]
    assert await next_batch(items, 2) == [3]
    assert await next_batch(items, 2) == []
    assert await next_batch(FakeItems([1]), 0) == []


async def test_what_came_before_an_error_is_given_before_it() -> None:
    """The error comes with the next wait."""
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


async def test_the_table_ends_after_so_many_updates() -> None:
    """Neither more nor fewer."""
    items = FakeItems(updates(1, 2, 3, 4))
    target, out = console(terminal=False)
    await show_table(fake_stream(items, ["AAPL"]), target, 3)
    assert "3.00 ▲" in out.getvalue()
    assert len(items.items) == 1


async def test_a_terminal_is_left_as_it_was() -> None:
    """When it ends and when it is stopped: the other screen is left, and the cursor shown."""
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


async def test_the_last_table_stays_when_it_ends_by_itself() -> None:
    """After the other screen was left, so that it can be read."""
    target, out = console(terminal=True)
    await show_table(fake_stream(FakeItems(updates(1, 2)), ["AAPL"]), target, 2)
    assert "2.00 ▲" in out.getvalue().partition(LEAVE)[2]


async def test_an_error_of_the_stream_leaves_the_terminal_too() -> None:
    """And is the caller's to tell."""
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

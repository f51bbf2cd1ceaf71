"""The queue of messages that wait for a turn of the event loop."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from ticker.server.core.turns import Turns


class Sender:
    """Sent messages, each of which costs ``cost``. Notes each that is handled."""

    def __init__(self, name: str, messages: int, handled: list[str], cost: float = 1.0) -> None:
        self.name = name
        self.left = messages
        self.cost = cost
        self._handled = handled

    def work(self, tokens: float) -> tuple[float, bool]:
        spent = 0.0
        while self.left and spent < tokens:
            self.left -= 1
            self._handled.append(self.name)
            spent += self.cost
        return spent, self.left > 0


async def turns_until_empty(turns: Turns) -> int:
    count = 0
    while len(turns):
        await asyncio.sleep(0)
        count += 1
    return count


async def test_few_messages_are_handled_at_once() -> None:
    turns, handled = Turns(), list[str]()
    assert not turns.run(Sender("a", 5, handled))
    assert handled == ["a"] * 5
    assert len(turns) == 0


async def test_the_messages_of_one_read_are_spread_over_turns() -> None:
    turns, handled = Turns(per_turn=100), list[str]()
    assert turns.run(Sender("a", 1_000, handled))
    seen = [len(handled)]
    while len(turns):
        await asyncio.sleep(0)
        seen.append(len(handled))
    steps = [after - before for before, after in pairwise(seen)]
    assert seen[0] == 8
    assert seen[-1] == 1_000
    # A round of eight may exceed a turn.
    assert max(steps) <= 107


async def test_messages_of_others_come_between() -> None:
    """After at most one round of each that waits."""
    turns, handled = Turns(per_turn=20), list[str]()
    for name in "abc":
        assert turns.run(Sender(name, 1_000, handled))
    before = len(handled)
    assert turns.run(Sender("ping", 1, handled))
    await turns_until_empty(turns)
    assert handled.index("ping") - before <= 3 * 8
    assert [handled.count(name) for name in "abc"] == [1_000] * 3


async def test_a_turn_is_shared_by_those_that_come_in_it() -> None:
    """Two hundred clients with a message each, in one turn."""
    turns, handled = Turns(per_turn=100), list[str]()
    waiting = [turns.run(Sender(str(number), 1, handled)) for number in range(200)]
    assert waiting == [False] * 100 + [True] * 100
    await turns_until_empty(turns)
    assert handled == [str(number) for number in range(200)]


async def test_expensive_messages_wait_for_more_rounds() -> None:
    """Clients get equal shares of the work, not of the messages."""
    turns, handled = Turns(per_turn=16), list[str]()
    turns.run(Sender("dear", 10, handled, cost=80.0))
    turns.run(Sender("cheap", 1_000, handled))
    await asyncio.sleep(0)
    while handled.count("cheap") < 400:
        await asyncio.sleep(0)
    assert handled.count("dear") <= 1 + 400 // 80 + 1
    await turns_until_empty(turns)
    assert (handled.count("dear"), handled.count("cheap")) == (10, 1_000)


async def test_requests_wait_for_their_turn() -> None:
    turns = Turns(per_turn=16)
    await turns.take(8)
    await turns.take(8)
    waiting = [asyncio.create_task(turns.take(8)) for _ in range(5)]
    await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [True, True, False, False, False]
    assert len(turns) == 3
    waiting[2].cancel()
    await asyncio.wait(waiting)
    assert [task.cancelled() for task in waiting] == [False, False, True, False, False]
    assert len(turns) == 0


async def test_a_message_does_not_wait_for_the_requests_of_others() -> None:
    turns, handled = Turns(per_turn=16), list[str]()
    waiting = [asyncio.create_task(turns.take(8)) for _ in range(50)]
    await asyncio.sleep(0)
    assert len(turns) == 48
    turns.run(Sender("ping", 1, handled))
    await asyncio.sleep(0)
    assert handled == ["ping"]
    assert len(turns) > 40
    await asyncio.gather(*waiting)


async def test_a_request_does_not_wait_for_all_messages_of_others() -> None:
    """It gets half of the turns, and leaves what it does not need."""
    turns, handled = Turns(per_turn=16), list[str]()
    for name in "abc":
        turns.run(Sender(name, 1_000, handled))
    for _ in range(10):
        before = len(handled)
        await turns.take(8)
        assert len(handled) - before <= 3 * 16
    await turns_until_empty(turns)
    assert len(handled) == 3_000


async def test_work_in_many_turns_does_not_add_up() -> None:
    """Single messages never wait."""
    turns, handled = Turns(per_turn=16), list[str]()
    for _ in range(100):
        assert not turns.run(Sender("a", 1, handled))
        await asyncio.sleep(0)

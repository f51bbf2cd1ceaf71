"""Bounds the work of one turn of the event loop, and shares it fairly.

A client may send a thousand messages at once, and all of them can be read in one turn. Beats and other clients'
messages would wait until the last is handled. So a turn handles messages for a number of tokens; what is left waits in
a queue, in which each connection has a few tokens per round. HTTP requests have a queue of their own, so that neither
waits for all of the other. The unit is that of budgets: a ping costs one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol

#: A turn's work, one to two milliseconds.
TURN_TOKENS: Final = 128.0
#: A connection's share of a round.
ROUND_TOKENS: Final = 8.0
#: What an HTTP request takes: at least a third of a millisecond, and much more with a large answer. One per turn.
REQUEST_TOKENS: Final = TURN_TOKENS
#: One operation may cost more than a round. Its connection then waits for some rounds, but not for longer than this.
_MAX_DEBT: Final = 64 * ROUND_TOKENS
#: The price of passing over a connection in debt.
_SKIP_TOKENS: Final = 1 / 16


class Worker(Protocol):
    """Has messages that wait."""

    def work(self, tokens: float) -> tuple[float, bool]:
        """Handle messages until ``tokens`` are spent. Returns what was spent, and whether more messages wait."""


class Turns:
    """The queue of those whose messages wait. Belongs to one event loop, and never waits itself."""

    def __init__(self, per_turn: float = TURN_TOKENS) -> None:
        self._per_turn = per_turn
        self._queue: deque[Worker] = deque()
        #: Requests that wait, and what they spend. Apart from messages: a request takes as long as thirty pings.
        self._requests: deque[tuple[asyncio.Future[None], float]] = deque()
        #: What workers in the queue have spent above their share.
        self._debts: dict[Worker, float] = {}
        #: Tokens spent in this turn. Also some of earlier turns, less than a half: a turn with little work is not
        #: worth a callback in the next.
        self._spent = 0.0
        self._callback: asyncio.Handle | None = None

    def __len__(self) -> int:
        """How many workers and requests wait."""
        return len(self._queue) + len(self._requests)

    def run(self, worker: Worker) -> bool:
        """Let a worker work now if this turn allows, otherwise in later turns. Returns whether it waits.

        Not to be called for a worker that waits.
        """
        if self._queue or self._spent >= self._per_turn:
            self.queue(worker)
            return True
        spent, more = worker.work(ROUND_TOKENS)
        self._spend(spent)
        if more:
            self._debts[worker] = spent - ROUND_TOKENS
            self.queue(worker)
        return more

    def queue(self, worker: Worker) -> None:
        """Let a worker work in a later turn."""
        self._queue.append(worker)
        self._wake()

    async def take(self, tokens: float = REQUEST_TOKENS) -> None:
        """Wait for a turn with room for ``tokens``, of which a request spends at least these."""
        if not self._requests and self._spent < self._per_turn:
            self._spend(tokens)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests.append((turn, tokens))
        self._wake()
        await turn

    def _spend(self, tokens: float) -> None:
        self._spent += tokens
        if self._spent * 2 >= self._per_turn:
            self._wake()

    def _wake(self) -> None:
        if self._callback is None:
            # Runs before what the next turn reads from sockets.
            self._callback = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._callback = None
        self._spent = 0.0
        # Half of a turn is for requests, if some wait; either gets what the other leaves.
        self._work(self._per_turn / 2 if self._requests else self._per_turn)
        while self._requests and self._spent < self._per_turn:
            turn, tokens = self._requests.popleft()
            if not turn.done():  # otherwise cancelled: the client has gone
                turn.set_result(None)
                self._spent += tokens
        self._work(self._per_turn)
        if len(self):
            self._wake()

    def _work(self, until: float) -> None:
        """Let workers work until the turn has spent ``until`` tokens."""
        queue, debts = self._queue, self._debts
        while queue and self._spent < until:
            worker = queue.popleft()
            debt = debts.pop(worker, 0.0) - ROUND_TOKENS
            if debt >= 0 and queue:
                debts[worker] = debt
                queue.append(worker)
                self._spent += _SKIP_TOKENS
                continue
            spent, more = worker.work(ROUND_TOKENS)
            self._spent += spent
            if more:
                debts[worker] = min(max(debt, -ROUND_TOKENS) + spent, _MAX_DEBT)
                queue.append(worker)

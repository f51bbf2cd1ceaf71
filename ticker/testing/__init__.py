"""Checks for the tests of feeds: ``assert await check_feed(feed) == []``. They need no test framework."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Final

from ticker.feed.feed import Feed, FeedInfo, FeedOptions
from ticker.model import Restart, Settled, SymbolTable, TickBatch
from ticker.testing.event_checks import EventChecks, Findings, named
from ticker.testing.iteration import Ended, Event, Failure, Iteration, Outcome, Silence

__all__ = ["check_feed"]

#: How long a paused feed is observed.
PAUSE_S: Final = 0.2
#: The maximum of visible events before the first batch of the second iteration.
_FIRST_EVENTS: Final = 10


async def check_feed(
    feed: Feed,
    *,
    events: int = 1000,
    for_s: float = 5.0,
    patience_s: float = 5.0,
    block_s: float = 0.1,
    late_s: float = 0.0,
) -> list[str]:
    """Run ``feed`` for ``events`` events or ``for_s`` seconds, then iterate it again; return its faults as sentences.

    It checks that

    - the feed has the members of the protocol;
    - the columns and values of each event are valid, and no symbol's timestamps go back: of trades, by more than
      ``late_s``, for feeds with late trades;
    - every event has the table ``info.symbols``, and no id of a trade comes twice for a symbol;
    - the symbol table only grows, and not at all once ``info.complete`` is true;
    - the feed ends only if ``info.ends`` is true, and can be iterated again;
    - a pausable feed publishes nothing while paused;
    - it never blocks the event loop for longer than ``block_s``.

    ``patience_s`` limits the wait for a first event, for one after a pause, and for closing. Each kind of fault is
    reported once, at its first occurrence. An exception of the feed is a fault, too. The feed is closed on return.
    """
    findings = Findings()
    info = _check_members(feed, findings)
    if info is None:
        return findings.sentences
    check = _Check(feed, EventChecks(feed, info, findings, round(late_s * 1e9)), patience_s, block_s)
    if await check.first_iteration(events, for_s):
        await check.second_iteration()
    return findings.sentences


def _check_members(feed: Any, findings: Findings) -> FeedInfo | None:
    """The feed's info, or None if it is too wrong to run the feed."""
    options = getattr(type(feed), "Options", None)
    if not (isinstance(options, type) and issubclass(options, FeedOptions)):
        findings.add("options", f"Options must be a class attribute, a subclass of FeedOptions; it is {options!r}")
    try:
        info = feed.info
    except Exception as error:  # noqa: BLE001 - a finding, whatever it is
        findings.add("info", f"info raised {named(error)}")
        return None
    if not isinstance(info, FeedInfo):
        findings.add("info", f"info must be a property that returns a FeedInfo; it is a {type(info).__name__}")
        return None
    table: object = info.symbols
    if not isinstance(table, SymbolTable):
        findings.add("symbols", f"info.symbols must be a SymbolTable; it is a {type(table).__name__}")
        return None
    if not hasattr(type(feed), "__aiter__"):
        findings.add("aiter", "__aiter__ is missing")
        return None
    if info.pausable:
        missing = [name for name in ("paused", "pause", "resume") if not hasattr(feed, name)]
        if missing:
            findings.add("pausable", f"info.pausable is true, but there is no {', '.join(missing)}")
        elif feed.paused:
            findings.add("paused", "paused is true at the start")
    return info


@dataclass(slots=True)
class _Check:
    """The two iterations of a feed."""

    feed: Any
    checks: EventChecks
    patience_s: float
    block_s: float
    #: In the first iteration, after its first event. Infinite if a wait timed out.
    longest_wait_s: float = math.inf

    async def first_iteration(self, events: int, for_s: float) -> bool:
        """The first iteration. False if the feed can't be iterated."""
        run = Iteration(self.feed)
        iterable = True
        waits: list[float] = []
        end_s = time.perf_counter() + for_s
        try:
            for number in range(1, events + 1):
                asked_s = time.perf_counter()
                if number > 1 and asked_s >= end_s:
                    break
                outcome = await run.next(end_s - asked_s if number > 1 else self.patience_s)
                self._note_block(run, f"before event {number}")
                waits.append(time.perf_counter() - asked_s if isinstance(outcome, Event) else math.inf)
                if not isinstance(outcome, Event):
                    self._note_stop(outcome, number)
                    iterable = not (isinstance(outcome, Failure) and outcome.of_aiter)
                    break
                self.checks.check(outcome.value, f"event {number}")
        finally:
            await self._close(run)
        if len(waits) > 1:
            self.longest_wait_s = max(waits[1:])
        self.checks.check_info("after its run")
        return iterable

    async def second_iteration(self) -> None:
        """The second iteration, as by the server after a failure; the feed is paused after its first batch."""
        run = Iteration(self.feed)
        outcome: Outcome = Silence()
        try:
            number, hidden, shown = 0, False, 0
            while shown < _FIRST_EVENTS:
                number += 1
                outcome = await run.next(self.patience_s)
                if not isinstance(outcome, Event):
                    break
                self.checks.check(outcome.value, f"iterated again, event {number}")
                # A hidden rebuild of the history is not paced, and pausing doesn't hold it.
                if isinstance(outcome.value, Restart):
                    hidden = outcome.value.hidden
                hidden = hidden and not isinstance(outcome.value, Settled)
                shown += not hidden
                if isinstance(outcome.value, TickBatch) and not hidden:
                    break
            self._note_stop_again("iterated again", outcome)
            pausable = all(hasattr(self.feed, name) for name in ("paused", "pause", "resume"))
            if isinstance(outcome, Event) and self.feed.info.pausable and pausable:
                await self._pause(run)
        finally:
            await self._close(run)
        self.checks.check_info("after its second run")

    async def _pause(self, run: Iteration) -> None:
        findings = self.checks.findings
        self.feed.pause()
        self.feed.pause()
        if not self.feed.paused:
            findings.add("pause", "paused is false after pause()")
        until_s = time.perf_counter() + PAUSE_S
        outcome: Outcome = Silence()
        while not isinstance(outcome, Ended | Failure) and (left_s := until_s - time.perf_counter()) > 0:
            outcome = await run.next(left_s)
            if isinstance(outcome, Event) and isinstance(outcome.value, TickBatch):
                findings.add("held", "it published a batch while paused")
                break
        self.feed.resume()
        self.feed.resume()
        if self.feed.paused:
            findings.add("resume", "paused is true after resume()")
        if isinstance(outcome, Silence):
            outcome = await run.next(self.patience_s)
        if isinstance(outcome, Event):
            self.checks.check(outcome.value, "after a pause, an event")
        self._note_stop_again("after a pause", outcome)

    def _note_stop(self, outcome: Outcome, number: int) -> None:
        findings = self.checks.findings
        if isinstance(outcome, Failure):
            place = "__aiter__ raised" if outcome.of_aiter else f"instead of event {number} it raised"
            findings.add("raised", f"{place} {named(outcome.error)}")
        elif isinstance(outcome, Ended) and not self.feed.info.ends:
            findings.add("ended", f"it ended after {number - 1} events, but info.ends is false")
        elif number == 1:
            findings.add(
                "silent",
                f"no event within {self.patience_s:g} s"
                if isinstance(outcome, Silence)
                else "it ended without an event",
            )

    def _note_stop_again(self, place: str, outcome: Outcome) -> None:
        """Report why no event came. A timeout counts only if the first iteration was fast."""
        findings = self.checks.findings
        if isinstance(outcome, Failure):
            findings.add("raised", f"{place}, it raised {named(outcome.error)}")
        elif isinstance(outcome, Ended) and not self.feed.info.ends:
            findings.add("ended", f"{place}, it ended, but info.ends is false")
        elif isinstance(outcome, Silence) and self.longest_wait_s < self.patience_s / 2:
            findings.add("silent", f"{place}, no event came within {self.patience_s:g} s")

    def _note_block(self, run: Iteration, place: str) -> None:
        if run.blocked_s > self.block_s:
            self.checks.findings.add("block", f"{place}, it blocked the event loop for {run.blocked_s * 1e3:.0f} ms")

    async def _close(self, run: Iteration) -> None:
        if not await run.close(self.patience_s):
            sentence = f"its iterator did not stop within {self.patience_s:g} s after its cancellation"
            self.checks.findings.add("close", sentence)
        elif run.close_error is not None:
            self.checks.findings.add("close", f"closing its iterator raised {named(run.close_error)}")

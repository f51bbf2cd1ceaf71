"""What a feed gets wrong: ``check_feed`` runs one for a while and says it.

It is for the tests of those who write feeds: ``assert await check_feed(feed) == []``. It knows the Feed protocol and
the model; no hub, no wire, no test framework.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Final

from ticker.feed.feed import Feed, FeedInfo, FeedOptions
from ticker.model import Restart, Settled, SymbolTable, TickBatch
from ticker.testing.judge import Findings, Judge, named
from ticker.testing.run import Ended, Event, Failure, Outcome, Run, Silence

__all__ = ["check_feed"]

#: How long a paused feed is watched for batches that it should hold back.
PAUSE_S: Final = 0.2
#: A second iteration may begin with so many other events, hidden ones not counted, before its first batch.
_FIRST_EVENTS: Final = 10


async def check_feed(
    feed: Feed, *, events: int = 1000, for_s: float = 5.0, patience_s: float = 5.0, block_s: float = 0.1
) -> list[str]:
    """Run ``feed`` for ``events`` events or ``for_s`` seconds, then once more, and return what is wrong, as sentences.

    Checked are: the members that the protocol asks for; each batch's columns and values; that no symbol's stamps go
    back; that the table only grows, and not at all once it is called complete; rollovers and removals; that the feed
    ends only if it says so; that it can be iterated again; that pausing holds it, if it can be paused; and that it
    leaves the event loop free, never busy for longer than ``block_s`` at a stretch. ``patience_s`` bounds each wait
    for a first event, for one after a pause, and for closing.

    A kind of mistake is told once, where it was first seen. What the feed raises is a finding, too. The feed is at
    rest when this returns.
    """
    findings = Findings()
    info = _check_members(feed, findings)
    if info is None:
        return findings.sentences
    check = _Check(feed, Judge(feed, info, findings), patience_s, block_s)
    if await check.first_time(events, for_s):
        await check.again()
    return findings.sentences


def _check_members(feed: Any, findings: Findings) -> FeedInfo | None:
    """What the feed says about itself, if that is right enough to run it."""
    options = getattr(type(feed), "Options", None)
    if not (isinstance(options, type) and issubclass(options, FeedOptions)):
        findings.add("options", f"Options must be a class attribute, a subclass of FeedOptions; it is {options!r}")
    try:
        info = feed.info
    except Exception as error:  # noqa: BLE001 - a finding, whatever it is
        findings.add("info", f"info raised {named(error)}")
        return None
    if not isinstance(info, FeedInfo):
        findings.add("info", f"info must be a FeedInfo (of a property, not a method); it is a {type(info).__name__}")
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
            findings.add("paused", "it is paused before anyone paused it")
    return info


@dataclass(slots=True)
class _Check:
    """The two runs of a feed."""

    feed: Any
    judge: Judge
    patience_s: float
    block_s: float
    #: Of the first run, except for its first event, which may take its time. Infinite if it broke off waiting.
    longest_wait_s: float = math.inf

    async def first_time(self, events: int, for_s: float) -> bool:
        """Run it as far as asked; whether it can be iterated at all."""
        run = Run(self.feed)
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
                self.judge.judge(outcome.value, f"event {number}")
        finally:
            await self._close(run)
        if len(waits) > 1:
            self.longest_wait_s = max(waits[1:])
        self.judge.look_at_info("after its run")
        return iterable

    async def again(self) -> None:
        """Iterate it once more, as the server does after a failure, and pause it behind its first batch."""
        run = Run(self.feed)
        outcome: Outcome = Silence()
        try:
            number, hidden, shown = 0, False, 0
            while shown < _FIRST_EVENTS:
                number += 1
                outcome = await run.next(self.patience_s)
                if not isinstance(outcome, Event):
                    break
                self.judge.judge(outcome.value, f"iterated again, event {number}")
                # A history that is built up out of sight is no matter of pace, and pausing doesn't hold it.
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
        self.judge.look_at_info("after its second run")

    async def _pause(self, run: Run) -> None:
        findings = self.judge.findings
        self.feed.pause()
        self.feed.pause()
        if not self.feed.paused:
            findings.add("pause", "paused is false after pause()")
        until_s = time.perf_counter() + PAUSE_S
        outcome: Outcome = Silence()
        while not isinstance(outcome, Ended | Failure) and (left_s := until_s - time.perf_counter()) > 0:
            outcome = await run.next(left_s)
            if isinstance(outcome, Event) and isinstance(outcome.value, TickBatch):
                findings.add("held", "a batch came while it was paused")
                break
        self.feed.resume()
        self.feed.resume()
        if self.feed.paused:
            findings.add("resume", "paused is true after resume()")
        if isinstance(outcome, Silence):
            outcome = await run.next(self.patience_s)
        if isinstance(outcome, Event):
            self.judge.judge(outcome.value, "after a pause, an event")
        self._note_stop_again("after a pause", outcome)

    def _note_stop(self, outcome: Outcome, number: int) -> None:
        findings = self.judge.findings
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
        """A later wait in vain means something only where events came fast before."""
        findings = self.judge.findings
        if isinstance(outcome, Failure):
            findings.add("raised", f"{place}, it raised {named(outcome.error)}")
        elif isinstance(outcome, Ended) and not self.feed.info.ends:
            findings.add("ended", f"{place}, it ended, but info.ends is false")
        elif isinstance(outcome, Silence) and self.longest_wait_s < self.patience_s / 2:
            findings.add("silent", f"{place}, no event came within {self.patience_s:g} s")

    def _note_block(self, run: Run, place: str) -> None:
        if run.blocked_s > self.block_s:
            self.judge.findings.add("block", f"{place} it blocked the event loop for {run.blocked_s * 1e3:.0f} ms")

    async def _close(self, run: Run) -> None:
        if not await run.close(self.patience_s):
            sentence = f"it went on for {self.patience_s:g} s after its iterator was told to stop"
            self.judge.findings.add("close", sentence)
        elif run.close_error is not None:
            self.judge.findings.add("close", f"closing its iterator raised {named(run.close_error)}")

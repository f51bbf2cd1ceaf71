"""Log lines that clients can cause: bounded per source and in all, counted when left out."""

from __future__ import annotations

import logging

import pytest

from ticker.server.core import rate_limited_log
from ticker.server.core.rate_limited_log import RateLimitedLog

LOGGER = logging.getLogger("ticker.test")


class _Clock:
    """Seconds that pass only by ``advance``."""

    def __init__(self) -> None:
        self._now_s = 1000.0

    def __call__(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        self._now_s += seconds


def test_a_source_gets_its_lines_and_the_others_theirs(caplog: pytest.LogCaptureFixture) -> None:
    """The first line after some were left out has their number."""
    clock = _Clock()
    log = RateLimitedLog(LOGGER, per_minute=60, per_source=3, clock=clock)
    for _ in range(10):
        log.warning("ann", "from %s", "ann")
    log.warning("bob", "from %s", "bob")
    log.warning("bob", "from %s", "bob")
    assert caplog.messages == [*["from ann"] * 3, "from bob (7 more were left out)", "from bob"]
    clock.advance(20)
    log.warning("ann", "from %s", "ann")
    assert caplog.messages[5:] == ["from ann"]


def test_all_sources_together_are_limited(caplog: pytest.LogCaptureFixture) -> None:
    clock = _Clock()
    log = RateLimitedLog(LOGGER, per_minute=60, per_source=3, clock=clock)
    for number in range(1_000):
        log.warning(str(number), "from %d", number)
    assert len(caplog.messages) == 60
    clock.advance(1)
    log.warning("x", "from x")
    log.warning("y", "from y")
    assert caplog.messages[60:] == ["from x (940 more were left out)"]


def test_a_source_that_logs_too_much_leaves_the_others_their_lines(caplog: pytest.LogCaptureFixture) -> None:
    log = RateLimitedLog(LOGGER, per_minute=60, per_source=3, clock=_Clock())
    for _ in range(10_000):
        log.warning("ann", "from ann")
    for number in range(57):
        log.warning(str(number), "from %d", number)
    assert len(caplog.messages) == 60


def test_the_sources_that_are_remembered_are_bounded(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least recent one is forgotten, and may log again."""
    monkeypatch.setattr(rate_limited_log, "MAX_SOURCES", 2)
    log = RateLimitedLog(LOGGER, per_minute=60, per_source=1, clock=_Clock())
    for source in ("a", "b", "a", "c", "a", "b"):
        log.warning(source, source)
    assert [message[0] for message in caplog.messages] == ["a", "b", "c", "b"]

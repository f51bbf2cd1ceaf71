"""Playwright's `expect` with frequent checks.

Playwright waits 100, 250, 500 and then 1,000 ms between two checks, so a test loses most of a second at each step that
takes longer than 350 ms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import playwright.sync_api
from playwright.sync_api import Locator
from playwright.sync_api._generated import LocatorAssertions

from tests.browser.chromium import TIMEOUT_MS

#: More frequent checks would take CPU time from the page.
POLL_MS = 40


def expect(locator: Locator) -> LocatorAssertions:
    """An assertion that may become true within `TIMEOUT_MS`."""
    return cast("LocatorAssertions", _Assertions(locator))


class _Assertions:
    def __init__(self, locator: Locator) -> None:
        self._locator = locator

    def __getattr__(self, name: str) -> Callable[..., None]:
        once = getattr(playwright.sync_api.expect(self._locator), name)

        def check(*arguments: Any, **options: Any) -> None:
            deadline = time.monotonic() + TIMEOUT_MS / 1_000
            while True:
                try:
                    once(*arguments, timeout=1, **options)  # playwright checks at least once
                    return
                except AssertionError:
                    if time.monotonic() >= deadline:
                        raise
                self._locator.page.wait_for_timeout(POLL_MS)

        return check

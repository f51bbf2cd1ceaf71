"""The dashboard's elements, for tests: rows, cells, badge, chart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Frame, Locator, Page

from tests.browser.chromium import TIMEOUT_MS, PageErrors
from tests.browser.expecting import POLL_MS, expect

T = TypeVar("T")


class Dashboard:
    def __init__(self, page: Page, errors: PageErrors) -> None:
        self.page = page
        self.errors = errors
        #: Whether the next test may use the page.
        self.is_reusable = False
        #: The servers visited.
        self.origins: set[str] = set()
        page.on("framenavigated", self._navigated)

    def _navigated(self, frame: Frame) -> None:
        if frame.url.startswith("http"):
            self.origins.add("/".join(frame.url.split("/")[:3]))

    def row(self, symbol: str) -> Locator:
        # Escape the name as a CSS string.
        name = symbol.replace("\\", "\\\\").replace('"', '\\"')
        return self.page.locator(f'[role=row][data-symbol="{name}"]')

    def cell(self, symbol: str, field: str) -> Locator:
        return self.row(symbol).locator(f"[data-field={field}]")

    def header(self, field: str) -> Locator:
        return self.page.locator(f"[role=columnheader][data-field={field}]")

    @property
    def rows(self) -> Locator:
        return self.page.locator("[role=row][data-symbol]")

    @property
    def badge(self) -> Locator:
        return self.page.locator("#badge[data-state]")

    @property
    def chart(self) -> Locator:
        return self.page.locator("[data-chart]")

    @property
    def replay(self) -> Locator:
        return self.page.locator("[data-replay]")

    def button(self, name: str) -> Locator:
        """By its full name: "Pause" is not "Pause replay"."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, setting: str, value: str) -> None:
        """Change a setting in the menu."""
        self.button("Settings").click()
        self.page.get_by_role("combobox", name=setting).select_option(value)
        self.page.keyboard.press("Escape")

    def symbols(self) -> list[str]:
        """The rendered rows, from the top."""
        found: list[str] = self.rows.evaluate_all(
            "rows => rows.map(row => [row.getBoundingClientRect().top, row.dataset.symbol])"
            ".sort((a, b) => a[0] - b[0]).map(pair => pair[1])"
        )
        return found

    def add(self, text: str) -> None:
        box = self.page.get_by_role("combobox").first
        box.fill(text)
        box.press("Enter")

    def suggestions(self, text: str) -> list[str]:
        """Type a text and wait for suggestions: the symbols may still be loading."""

        def look() -> list[str]:
            box = self.page.get_by_role("combobox").first
            box.fill("")
            box.fill(text)
            return self.page.locator("#add-options [role=option]").all_inner_texts()

        return self.until(look, bool)

    def live(self) -> None:
        """Wait until the page is connected: some seconds after the last tick, live becomes quiet."""
        expect(self.badge).to_have_attribute("data-state", re.compile("^(live|quiet)$"))

    def reconnect_now(self) -> None:
        """Skip the back-off, as a browser does when its network is back."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def number(self, symbol: str, field: str) -> float | None:
        """The cell's number; None if it is empty."""
        return number(self.cell(symbol, field).inner_text())

    def shows(self, symbol: str, field: str, value: float, *, within: float = 1e-9) -> float:
        """Wait until a cell shows this number; returns the number shown."""
        seen = self.until(
            lambda: self.number(symbol, field), lambda shown: shown is not None and abs(shown - value) <= within
        )
        assert seen is not None
        return seen

    def until(self, read: Callable[[], T], is_good: Callable[[T], bool], timeout_ms: int = TIMEOUT_MS) -> T:
        """Call ``read`` until its result is good; a failure shows the last result."""
        for _ in range(timeout_ms // POLL_MS):
            seen = read()
            if is_good(seen):
                return seen
            self.page.wait_for_timeout(POLL_MS)
        raise AssertionError(f"not within {timeout_ms / 1000:g} s; last: {seen!r}")


def number(text: str) -> float | None:
    """Parse a number as the page formats it: signs, thousands separators, ▲ and ▼, k, M and B."""
    found = re.search(r"([-−+]?)([\d,   ]*\.?\d+)\s*([kKMB]?)", text)
    if found is None:
        return None
    factor = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}[found[3]]
    value = float(re.sub(r"[^\d.]", "", found[2])) * factor
    return -value if found[1] in {"-", "−"} else value

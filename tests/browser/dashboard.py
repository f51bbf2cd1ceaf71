"""The dashboard as a test sees it: rows, cells, the badge, the chart, by the names that the page gives them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PATIENCE_MS, Complaints

T = TypeVar("T")


class Dashboard:
    def __init__(self, page: Page, complaints: Complaints) -> None:
        self.page = page
        self.complaints = complaints

    def row(self, symbol: str) -> Locator:
        # Quoted as JSON is near enough to CSS's strings for every name that a test uses.
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
        """By its whole name: "Pause" is not "Pause replay"."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, setting: str, value: str) -> None:
        """In the menu of settings."""
        self.button("Settings").click()
        self.page.get_by_role("combobox", name=setting).select_option(value)
        self.page.keyboard.press("Escape")

    def symbols(self) -> list[str]:
        """The rows in sight, from the top."""
        found: list[str] = self.rows.evaluate_all(
            "rows => rows.map(row => [row.getBoundingClientRect().top, row.dataset.symbol])"
            ".sort((a, b) => a[0] - b[0]).map(pair => pair[1])"
        )
        return found

    def add(self, text: str) -> None:
        box = self.page.get_by_role("combobox").first
        box.fill(text)
        box.press("Enter")

    def offered(self, text: str) -> list[str]:
        """Type, and wait until something is offered: the feed's names may be on their way still."""

        def look() -> list[str]:
            box = self.page.get_by_role("combobox").first
            box.fill("")
            box.fill(text)
            return self.page.locator("#add-options [role=option]").all_inner_texts()

        return self.until(look, bool)

    def live(self) -> None:
        """Wait until the page is connected and its feed works: for some seconds after a tick it is live, then quiet."""
        expect(self.badge).to_have_attribute("data-state", re.compile("^(live|quiet)$"))

    def hurry(self) -> None:
        """Have it connect now rather than later, as a browser does that finds its network again."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def number(self, symbol: str, field: str) -> float | None:
        """What a cell shows, as a number; none while it is empty."""
        return number(self.cell(symbol, field).inner_text())

    def shows(self, symbol: str, field: str, value: float, *, within: float = 1e-9) -> float:
        """Wait until a cell shows a number, or one near it; that one."""
        seen = self.until(
            lambda: self.number(symbol, field), lambda shown: shown is not None and abs(shown - value) <= within
        )
        assert seen is not None
        return seen

    def until(self, look: Callable[[], T], good: Callable[[T], bool], patience_ms: int = PATIENCE_MS) -> T:
        """Look again and again until it is good; what was seen last is what a failure tells."""
        for _ in range(patience_ms // 50):
            seen = look()
            if good(seen):
                return seen
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not within {patience_ms / 1000:g} s; seen last: {seen!r}")


def number(text: str) -> float | None:
    """A number as the page shows it: signs, thousands, ▲ and ▼, K, M and B."""
    found = re.search(r"([-−+]?)([\d,   ]*\.?\d+)\s*([kKMB]?)", text)
    if found is None:
        return None
    factor = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}[found[3]]
    value = float(re.sub(r"[^\d.]", "", found[2])) * factor
    return -value if found[1] in {"-", "−"} else value

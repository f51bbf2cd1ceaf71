"""Finding and starting Chromium, and collecting the errors of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: No background services; no sandbox, because containers have no user namespaces.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
#: A step that takes longer has failed, even on a busy machine.
TIMEOUT_MS = 45_000

#: The console does not report every policy violation as an error.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
  console.error(`CSP violation: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""


def is_enabled() -> bool:
    """Whether to run browser tests: not with ``TICKER_BROWSER=none``."""
    return os.environ.get("TICKER_BROWSER") != "none"


def executable() -> str:
    """The browser's path. Raises ``FileNotFoundError`` with instructions."""
    named = os.environ.get("TICKER_BROWSER")
    for name in [named] if named else NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    searched = named or ", ".join(NAMES)
    raise FileNotFoundError(
        f"no browser ({searched}): apt install chromium, or set TICKER_BROWSER to a path or to none"
    )


@contextmanager
def running() -> Iterator[Browser]:
    """A headless browser, closed with its event loop on exit."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class PageErrors:
    """Errors that a page logged or threw. ``expected``: parts of errors that the test causes."""

    def __init__(self, page: Page) -> None:
        self.expected: list[str] = []
        self._found: list[str] = []
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._found.append(f"thrown: {error}"))

    def clear(self) -> None:
        self.expected.clear()
        self._found.clear()

    def unexpected(self) -> list[str]:
        return [text for text in self._found if not any(part in text for part in self.expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._found.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

"""Chromium as the tests drive it: where it is, how it is started, and what a page has complained about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: What a browser does besides showing pages is left out; a container has no user namespaces for its sandbox.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
#: Longer than a busy machine takes for anything; a test that waits this long has failed.
PATIENCE_MS = 15_000

#: A violation is told to the console, but not always as an error.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
  console.error(`CSP violation: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""


def wanted() -> bool:
    """Whether browser tests are to be run at all: only ``TICKER_BROWSER=none`` says no."""
    return os.environ.get("TICKER_BROWSER") != "none"


def executable() -> str:
    """The browser. Raises ``FileNotFoundError`` with one line that says what to do."""
    named = os.environ.get("TICKER_BROWSER")
    for name in [named] if named else NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    looked = named or ", ".join(NAMES)
    raise FileNotFoundError(
        f"no browser for these tests ({looked}): apt install chromium, or TICKER_BROWSER=/path/to/it, or =none to skip"
    )


@contextmanager
def running() -> Iterator[Browser]:
    """A headless browser. Nothing of it is left when it ends, no event loop either."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Complaints:
    """What a page logged as an error or threw. ``expected`` are words of those that a test causes on purpose."""

    def __init__(self, page: Page) -> None:
        self.expected: list[str] = []
        self._found: list[str] = []
        page.add_init_script(LISTEN)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._found.append(f"thrown: {error}"))

    def unexpected(self) -> list[str]:
        return [text for text in self._found if not any(words in text for words in self.expected)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._found.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

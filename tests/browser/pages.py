"""Pages that tests use one after another: opening one takes longer than most tests."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser import chromium
from tests.browser.dashboard import Dashboard

BLANK = "about:blank"
#: With reduced motion there are no animations to wait for.
DEFAULTS: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}


#: Toasts disappear after six seconds (`toasts.ts`). A busy machine may take longer to come to the next step of a test.
KEEP_TOASTS = """
{
  const later = window.setTimeout;
  window.setTimeout = (act, ms, ...rest) => later(act, ms === 6000 ? 3_600_000 : ms, ...rest);
}
"""


class PagePool:
    """Pages with the default settings, each in its own browser context."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[Dashboard] = []

    def open(self, url: str, beside: Dashboard | None = None, **settings: Any) -> Dashboard:
        """The dashboard at ``url``, in a used page unless the test needs a new one.

        A new page has other settings, shares the context of ``beside``, or starts at `BLANK`, where the test installs
        scripts, routes or listeners.
        """
        opened = self._page(beside, settings, is_new=url == BLANK)
        opened.page.goto(url)
        return opened

    def _page(self, beside: Dashboard | None, settings: dict[str, Any], *, is_new: bool) -> Dashboard:
        if beside is not None:
            beside.is_reusable = False
            return _dashboard(beside.page.context)
        if settings or is_new:
            return _dashboard(self._browser.new_context(**{**DEFAULTS, **settings}))
        opened = self._idle.pop() if self._idle else _dashboard(self._browser.new_context(**DEFAULTS))
        opened.is_reusable = True
        return opened

    def release(self, opened: list[Dashboard]) -> None:
        """Reset the reusable pages and close the others."""
        for dashboard in opened:
            if dashboard.is_reusable and not dashboard.page.is_closed():
                _reset(dashboard)
                self._idle.append(dashboard)
        idle = {dashboard.page.context for dashboard in self._idle}
        for context in {dashboard.page.context for dashboard in opened} - idle:
            context.close()


def _dashboard(context: BrowserContext) -> Dashboard:
    page = context.new_page()
    page.set_default_timeout(chromium.TIMEOUT_MS)
    page.add_init_script(KEEP_TOASTS)
    return Dashboard(page, chromium.PageErrors(page))


def _reset(dashboard: Dashboard) -> None:
    """Leave the server, and clear what the page stored."""
    page = dashboard.page
    page.goto(BLANK)
    page.mouse.move(0, 0)
    page.context.clear_cookies()
    devtools = page.context.new_cdp_session(page)
    for origin in dashboard.origins:
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    devtools.detach()
    dashboard.errors.clear()
    dashboard.origins.clear()

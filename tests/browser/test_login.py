"""Login, logout and revoked keys on a server with authentication."""

from __future__ import annotations

import re

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import KeyedServer, Server
from tests.browser.test_connection import UNREACHABLE

#: What a browser logs when an upgrade or a login is refused.
UNAUTHORIZED = [*UNREACHABLE, "401"]


def log_in(dashboard: Dashboard, key: str) -> None:
    dashboard.page.get_by_label("Key or token").fill(key)
    dashboard.button("Log in").click()


def test_logging_in_and_out(visit: Visit, keyed: KeyedServer) -> None:
    dashboard = visit(keyed.url)
    dashboard.errors.expected += UNAUTHORIZED
    page = dashboard.page
    dialog = page.get_by_role("dialog", name="Log in")
    expect(dialog).to_be_visible()
    expect(dashboard.badge).to_have_text("Log in")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    box = page.get_by_label("Key or token")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("type", "password")
    box.fill("tk_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()
    log_in(dashboard, f" {keyed.limited} ")
    expect(dialog).to_be_hidden()
    dashboard.live()
    # Symbols that the key is not entitled to are not listed.
    expect(dashboard.rows).to_have_count(2)
    assert set(dashboard.symbols()) == {"AAPL", "MSFT"}
    # A reload and another window need no login, and scripts can't read the key.
    page.reload()
    dashboard.live()
    stored = page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, location.href])")
    assert keyed.limited.split("_", 2)[2] not in stored
    assert "ticker_session" not in stored
    beside = visit(keyed.url, beside=dashboard)
    beside.live()
    beside.page.close()
    dashboard.button("Settings").click()
    expect(page.get_by_text("Logged in as limited")).to_be_visible()
    dashboard.button("Log out").click()
    expect(dialog).to_be_visible()
    # The list is stored in the browser; the prices are gone.
    expect(dashboard.cell("AAPL", "last")).not_to_contain_text(re.compile(r"\d"))


def test_a_revoked_key_requires_a_new_login(visit: Visit, keyed: KeyedServer) -> None:
    """The page keeps its list."""
    dashboard = visit(keyed.url + "/#AAPL")
    dashboard.errors.expected += UNAUTHORIZED
    log_in(dashboard, keyed.revocable)
    dashboard.live()
    keyed.revoke("revocable")
    expect(dashboard.page.get_by_role("dialog", name="Log in")).to_be_visible()
    log_in(dashboard, keyed.desk)
    dashboard.live()
    assert dashboard.symbols() == ["AAPL"]


def test_without_authentication_there_is_no_login(visit: Visit, a_market: Server) -> None:
    dashboard = visit(a_market.url + "/#AAPL")
    dashboard.live()
    dashboard.button("Settings").click()
    expect(dashboard.page.get_by_text("Logged in as")).to_be_hidden()

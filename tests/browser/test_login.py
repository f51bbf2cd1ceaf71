"""A server that asks who one is: the page asks for the key, and keeps it nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_connection import GONE
from tests.support.processes import Server
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing, revoke

#: What a browser logs by itself of an upgrade, or a log-in, that was refused.
REFUSED = [*GONE, "401"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def new_key(path: Path, name: str = "desk", may: Entitlements | None = None) -> str:
    with editing(path) as keys:
        return add(keys, name, may or Entitlements())[1]


def served(path: Path) -> Server:
    # The sooner it is to close who is too slow, the more often it looks at the file of keys.
    watchful = ("--slow-timeout", "1")
    return Server("--keys", str(path), "--symbols", "AAPL,MSFT,NVDA", "--ticks-per-second", "200", *watchful)


def test_logging_in_and_out(visit: Visit, path: Path) -> None:
    key = new_key(path, may=Entitlements(symbols=("AAPL", "MSFT")))
    with served(path) as server:
        dashboard = visit(server.url)
        dashboard.complaints.expected += REFUSED
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
        expect(page.get_by_role("alert").filter(has_text="This key is not good")).to_be_visible()
        box.fill(f" {key} ")
        dashboard.button("Log in").click()
        expect(dialog).to_be_hidden()
        dashboard.live()
        # What the key is not for is not even named.
        expect(dashboard.rows).to_have_count(2)
        assert set(dashboard.symbols()) == {"AAPL", "MSFT"}
        # The next visit needs no key, nor does another window; and no script has it.
        page.reload()
        dashboard.live()
        kept = page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, location.href])")
        assert key.split("_", 2)[2] not in kept
        assert "ticker_session" not in kept
        beside = visit(server.url, beside=dashboard)
        beside.live()
        beside.page.close()
        dashboard.button("Settings").click()
        expect(page.get_by_text("Logged in as desk")).to_be_visible()
        dashboard.button("Log out").click()
        expect(dialog).to_be_visible()
        # The list is this browser's own; its prices are the server's.
        expect(dashboard.cell("AAPL", "last")).not_to_contain_text(re.compile(r"\d"))


def test_a_key_that_is_revoked(visit: Visit, path: Path) -> None:
    """The page asks for another, and goes on where it was."""
    key = new_key(path)
    with served(path) as server:
        dashboard = visit(server.url + "/#AAPL")
        dashboard.complaints.expected += REFUSED
        page = dashboard.page
        page.get_by_label("Key or token").fill(key)
        dashboard.button("Log in").click()
        dashboard.live()
        with editing(path) as keys:
            revoke(keys, "desk")
            another = add(keys, "desk", Entitlements())[1]
        expect(page.get_by_role("dialog", name="Log in")).to_be_visible()
        page.get_by_label("Key or token").fill(another)
        dashboard.button("Log in").click()
        dashboard.live()
        assert dashboard.symbols() == ["AAPL"]


def test_without_keys_nobody_is_asked(visit: Visit) -> None:
    with Server("--symbols", "AAPL") as server:
        dashboard = visit(server.url)
        dashboard.complaints.expected += GONE
        dashboard.live()
        dashboard.button("Settings").click()
        expect(dashboard.page.get_by_text("Logged in as")).to_be_hidden()

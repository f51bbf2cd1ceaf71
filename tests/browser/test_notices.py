"""The operator's notices stay until they are dismissed."""

from __future__ import annotations

import re

from tests.browser.conftest import Visit
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage, posted
from tests.browser.test_connection import UNREACHABLE
from tests.browser.test_looks import serious


def notify(url: str, text: str) -> None:
    posted(url + "/v1/notices", {"text": text})


def test_a_notice_stays_until_it_is_dismissed(visit: Visit, stage: Stage) -> None:
    """With its time, as text, in a live region; other toasts disappear by themselves."""
    dashboard = visit("about:blank")
    dashboard.page.clock.install()
    dashboard.page.goto(stage.url + "/#AAPL,MSFT")
    dashboard.live()
    notify(stage.url, "Maintenance at <b>17:00</b>")
    notice = dashboard.page.get_by_role("alert").locator("[data-stays]")
    expect(notice).to_contain_text(re.compile(r"\d\d:\d\d:\d\d\s*operator: Maintenance at <b>17:00</b>"))
    dashboard.cell("MSFT", "symbol").click()
    dashboard.page.keyboard.press("Delete")
    toast = dashboard.page.get_by_text("MSFT removed")
    expect(toast).to_be_visible()
    dashboard.page.clock.run_for(7_000)
    expect(toast).to_have_count(0)
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_a_symbol_in_a_notice_is_a_link(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    notify(stage.url, "$MSFT is halted, fees are $5")
    notice = dashboard.page.get_by_role("alert").locator("[data-stays]")
    expect(notice).to_contain_text("operator: $MSFT is halted, fees are $5")
    expect(notice.get_by_role("link")).to_have_text(["$MSFT"])
    notice.get_by_role("link").click()
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    assert serious(dashboard) == []


def test_many_notices_do_not_cover_the_page(visit: Visit, stage: Stage) -> None:
    """Only the newest five are shown."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    for number in range(8):
        notify(stage.url, f"number {number}")
    notices = dashboard.page.locator("#toasts [data-stays]")
    expect(notices.last).to_contain_text("number 7")
    expect(notices).to_have_count(5)


def test_a_stopping_server_sends_a_notice(visit: Visit) -> None:
    """It stays, and the badge shows the lost connection."""
    with Server("--symbols", "AAPL") as server:
        dashboard = visit(server.url + "/#AAPL")
        dashboard.errors.expected += UNREACHABLE
        dashboard.live()
        server.terminate()
        expect(dashboard.page.get_by_role("alert")).to_contain_text("server:")
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")

"""What the server's operator has to say stays in sight until it is dismissed."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.serving import Stage
from tests.browser.test_connection import GONE
from tests.support.processes import Server


def notify(url: str, text: str) -> Any:
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(
        url + "/v1/notices", data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def test_a_notice_stays_until_it_is_dismissed(visit: Visit, stage: Stage) -> None:
    """With its time, as text, and spoken; what else is said goes by itself meanwhile."""
    dashboard = visit("about:blank")
    dashboard.page.clock.install()
    dashboard.page.goto(stage.url + "/#AAPL,MSFT")
    dashboard.live()
    notify(stage.url, "Maintenance at <b>17:00</b>")
    notice = dashboard.page.get_by_role("alert").locator("[data-stays]")
    expect(notice).to_contain_text(re.compile(r"\d\d:\d\d:\d\d\s*operator: Maintenance at <b>17:00</b>"))
    dashboard.cell("MSFT", "symbol").click()
    dashboard.page.keyboard.press("Delete")
    passing = dashboard.page.get_by_text("MSFT removed")
    expect(passing).to_be_visible()
    dashboard.page.clock.run_for(7_000)
    expect(passing).to_have_count(0)
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_many_notices_do_not_cover_the_page(visit: Visit, stage: Stage) -> None:
    """The newest are there."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    for number in range(8):
        notify(stage.url, f"number {number}")
    notices = dashboard.page.locator("#toasts [data-stays]")
    expect(notices.last).to_contain_text("number 7")
    expect(notices).to_have_count(5)


def test_a_server_that_stops_says_so(visit: Visit) -> None:
    """The word stays, and the badge tells the rest."""
    with Server("--symbols", "AAPL") as server:
        dashboard = visit(server.url + "/#AAPL")
        dashboard.complaints.expected += GONE
        dashboard.live()
        server.process.terminate()
        expect(dashboard.page.get_by_role("alert")).to_contain_text("server: the server is stopping")
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")

"""Networks that let no WebSocket through: the page gets its prices all the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage
from tests.browser.test_connection import GONE

#: A network in which every upgrade fails.
NO_UPGRADE = """
window.WebSocket = class extends WebSocket {
  constructor(url, ...rest) { super(String(url).replace("/v1/stream", "/v1/no-such"), ...rest); }
};
"""
#: How often one was tried.
COUNTED = """
window.tries = 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.tries++; }
};
"""


def carried(dashboard: Dashboard) -> str | None:
    found: str | None = dashboard.page.locator("body").get_attribute("data-transport")
    return found


def by(dashboard: Dashboard, transport: str) -> None:
    expect(dashboard.page.locator("body")).to_have_attribute("data-transport", transport)


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
def test_a_way_may_be_asked_for(visit: Visit, stage: Stage, transport: str) -> None:
    """Prices come, what is added comes too, and what is taken away doesn't."""
    dashboard = visit(f"{stage.url}/?transport={transport}#AAPL,MSFT")
    dashboard.live()
    by(dashboard, transport)
    dashboard.shows("AAPL", "last", 187.4)
    stage.trade("AAPL", 188.5)
    dashboard.shows("AAPL", "last", 188.5)
    page = dashboard.page
    page.keyboard.press("/")
    page.keyboard.type("NVDA")
    page.keyboard.press("Enter")
    dashboard.shows("NVDA", "last", 902.0)
    stage.trade("NVDA", 903.5)
    stage.trade("MSFT", 55.5)
    dashboard.shows("NVDA", "last", 903.5)
    dashboard.shows("MSFT", "last", 55.5)


def test_without_websockets_events_are_taken(visit: Visit, stage: Stage) -> None:
    """After two upgrades that failed; trades and bars come too; and the badge says why."""

    def blocked(page: Page) -> None:
        page.add_init_script(NO_UPGRADE)

    dashboard = visit("about:blank")
    dashboard.complaints.expected += [*GONE, "404", "426"]
    blocked(dashboard.page)
    dashboard.page.goto(stage.url + "/#AAPL")
    by(dashboard, "sse")
    dashboard.live()
    stage.trade("AAPL", 189.5, 77)
    dashboard.shows("AAPL", "last", 189.5)
    expect(dashboard.badge).to_have_attribute(
        "title", re.compile(r"The network lets no WebSocket through; they come as Server-Sent Events\.$")
    )
    expect(dashboard.page.locator("[data-tape] li").first).to_contain_text("189.5")


def test_without_events_either_prices_are_polled(visit: Visit, stage: Stage) -> None:
    dashboard = visit("about:blank")
    dashboard.complaints.expected += [*GONE, "404", "403", "426"]
    page = dashboard.page
    page.add_init_script(NO_UPGRADE)

    def refused(route: Route) -> None:
        route.fulfill(status=403, body="no")

    page.route("**/v1/events", refused)
    page.goto(stage.url + "/#AAPL,MSFT")
    by(dashboard, "poll")
    dashboard.live()
    stage.trade("MSFT", 56.5)
    dashboard.shows("MSFT", "last", 56.5)
    expect(page.get_by_text("Only prices come through this network")).to_be_visible()


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_a_server_that_comes_back(visit: Visit, transport: str) -> None:
    """By whatever way: the last prices stay in sight, and the new ones come."""
    with Stage(("AAPL",)) as first:
        first.trade("AAPL", 1.5)
        dashboard = visit(f"{first.url}/?transport={transport}#AAPL")
        dashboard.complaints.expected += [*GONE, "net::ERR_"]
        dashboard.shows("AAPL", "last", 1.5)
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
        dashboard.shows("AAPL", "last", 1.5)
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 2.5)
            dashboard.shows("AAPL", "last", 2.5)
            assert carried(dashboard) == transport


def test_a_server_that_was_away_is_no_reason_to_do_without(visit: Visit) -> None:
    """Upgrades that fail because nobody is there say nothing about the network."""
    with Stage(("AAPL",)) as first:
        dashboard = visit("about:blank")
        dashboard.complaints.expected += [*GONE, "net::ERR_"]
        dashboard.page.add_init_script(COUNTED)
        dashboard.page.goto(first.url + "/#AAPL")
        dashboard.live()
        first.kill()
        asked: list[str] = []
        dashboard.page.on("request", lambda request: asked.append(request.url))
        # Two that fail are followed by another: were the server there, events would come before that.
        dashboard.until(lambda: dashboard.page.evaluate("window.tries"), lambda tries: tries >= 4)
        assert not [url for url in asked if "/v1/events" in url]
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 2.5)
            assert second.url
            dashboard.hurry()
            dashboard.shows("AAPL", "last", 2.5)
            assert carried(dashboard) == "websocket"

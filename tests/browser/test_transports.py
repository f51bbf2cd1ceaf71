"""The fallback transports for networks that block WebSockets."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Stage
from tests.browser.test_connection import UNREACHABLE
from tests.support.ports import own_port

#: Lets every WebSocket upgrade fail.
NO_UPGRADE = """
window.WebSocket = class extends WebSocket {
  constructor(url, ...rest) { super(String(url).replace("/v1/stream", "/v1/no-such"), ...rest); }
};
"""
#: Counts WebSocket attempts, with the shortest back-off between them.
COUNTED = """
window.attempts = 0;
Math.random = () => 0;
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.attempts++; }
};
"""


def transport_of(dashboard: Dashboard) -> str | None:
    found: str | None = dashboard.page.locator("body").get_attribute("data-transport")
    return found


def expect_transport(dashboard: Dashboard, transport: str) -> None:
    expect(dashboard.page.locator("body")).to_have_attribute("data-transport", transport)


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
def test_a_transport_can_be_forced(visit: Visit, stage: Stage, transport: str) -> None:
    """Prices of listed and of added symbols arrive."""
    dashboard = visit(f"{stage.url}/?transport={transport}#AAPL,MSFT")
    dashboard.live()
    expect_transport(dashboard, transport)
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


def test_without_websockets_the_page_uses_sse(visit: Visit, stage: Stage) -> None:
    """After two failed upgrades. Trades arrive too, and the badge gives the reason."""

    def blocked(page: Page) -> None:
        page.add_init_script(NO_UPGRADE)

    dashboard = visit("about:blank")
    dashboard.errors.expected += [*UNREACHABLE, "404", "426"]
    blocked(dashboard.page)
    dashboard.page.goto(stage.url + "/#AAPL")
    expect_transport(dashboard, "sse")
    dashboard.live()
    stage.trade("AAPL", 189.5, 77)
    dashboard.shows("AAPL", "last", 189.5)
    expect(dashboard.badge).to_have_attribute("title", re.compile(r"Server-Sent Events\.$"))
    expect(dashboard.page.locator("[data-tape] li").first).to_contain_text("189.5")


def test_without_websockets_and_sse_the_page_polls(visit: Visit, stage: Stage) -> None:
    dashboard = visit("about:blank")
    dashboard.errors.expected += [*UNREACHABLE, "404", "403", "426"]
    page = dashboard.page
    page.add_init_script(NO_UPGRADE)

    def refused(route: Route) -> None:
        route.fulfill(status=403, body="no")

    page.route("**/v1/events", refused)
    page.goto(stage.url + "/#AAPL,MSFT")
    expect_transport(dashboard, "poll")
    dashboard.live()
    stage.trade("MSFT", 56.5)
    dashboard.shows("MSFT", "last", 56.5)
    expect(page.get_by_text("Long polling carries prices only")).to_be_visible()


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_a_fallback_transport_reconnects(visit: Visit, transport: str) -> None:
    """The last prices stay visible until new ones arrive."""
    with Stage(("AAPL",), port=own_port()) as first:
        first.trade("AAPL", 1.5)
        dashboard = visit(f"{first.url}/?transport={transport}#AAPL")
        dashboard.errors.expected += [*UNREACHABLE, "net::ERR_"]
        dashboard.shows("AAPL", "last", 1.5)
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
        dashboard.shows("AAPL", "last", 1.5)
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 2.5)
            dashboard.shows("AAPL", "last", 2.5)
            assert transport_of(dashboard) == transport


def test_a_server_that_is_down_causes_no_fallback(visit: Visit) -> None:
    """Failed upgrades count only if the server answers HTTP."""
    with Stage(("AAPL",), port=own_port()) as first:
        dashboard = visit("about:blank")
        dashboard.errors.expected += [*UNREACHABLE, "net::ERR_"]
        dashboard.page.add_init_script(COUNTED)
        dashboard.page.goto(first.url + "/#AAPL")
        dashboard.live()
        first.kill()
        requested: list[str] = []
        dashboard.page.on("request", lambda request: requested.append(request.url))
        # Two failures would cause a fallback if the server answered HTTP.
        dashboard.until(lambda: dashboard.page.evaluate("window.attempts"), lambda attempts: attempts >= 4)
        assert not [url for url in requested if "/v1/events" in url]
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 2.5)
            assert second.url
            dashboard.reconnect_now()
            dashboard.shows("AAPL", "last", 2.5)
            assert transport_of(dashboard) == "websocket"

"""The connection: its state in the header, reconnects and resumes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import WebSocketRoute

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Stage
from tests.support.ports import own_port

#: What a browser logs about a server that is down.
UNREACHABLE = ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE_CHUNKED", "WebSocket connection to"]


def state(dashboard: Dashboard) -> str | None:
    found: str | None = dashboard.badge.get_attribute("data-state")
    return found


def test_the_page_reconnects_to_a_restarted_server(visit: Visit) -> None:
    """The badge shows the reconnect; prices continue in a new epoch."""
    with Stage(("AAPL", "MSFT"), port=own_port()) as first:
        first.trade("AAPL", 187.4)
        dashboard = visit(first.url + "/#AAPL,MSFT")
        dashboard.errors.expected += UNREACHABLE
        dashboard.shows("AAPL", "last", 187.4)
        dashboard.live()
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
        expect(dashboard.badge).to_contain_text("reconnect", ignore_case=True)
        dashboard.shows("AAPL", "last", 187.4)  # the last prices stay visible
        with Stage(("AAPL", "MSFT"), port=first.port) as second:
            second.play(("trade", "AAPL", 200.5, 10), ("trade", "MSFT", 60, 10))
            dashboard.shows("AAPL", "last", 200.5)
            dashboard.shows("MSFT", "last", 60)
            dashboard.live()
            second.trade("AAPL", 201)
            dashboard.shows("AAPL", "last", 201)


def test_the_page_retries_until_the_server_is_up(visit: Visit) -> None:
    with Stage(("AAPL",), port=own_port()) as first:
        dashboard = visit(first.url + "/#AAPL")
        dashboard.errors.expected += UNREACHABLE
        dashboard.badge.wait_for()
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
    with Stage(("AAPL",), port=first.port) as second:
        second.trade("AAPL", 3)
        dashboard.shows("AAPL", "last", 3)


def test_a_failed_feed_is_shown_as_stale(visit: Visit, stage: Stage) -> None:
    """The connection is open but the prices are old."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    stage.break_feed()
    expect(dashboard.badge).to_have_attribute("data-state", "stale")
    expect(dashboard.badge).to_contain_text("stale", ignore_case=True)


def test_state_changes_are_announced_and_prices_are_not(visit: Visit, stage: Stage) -> None:
    """A live region for the state, and none in the rows."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    regions = dashboard.page.locator("[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]")
    assert regions.count() > 0
    assert dashboard.page.locator("[role=row] [aria-live], [aria-live] [role=row]").count() == 0


def test_the_header_has_latency_rate_and_gaps(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    for _ in range(3):
        stage.trade("AAPL", 188)
    expect(dashboard.page.locator("[data-latency]")).to_contain_text("ms")
    expect(dashboard.page.locator("[data-rate]")).to_contain_text("/s")
    expect(dashboard.page.locator("[data-gaps]")).to_have_text("0")


class Wire:
    """A proxy between page and server that records messages and can drop them silently."""

    def __init__(self, dashboard: Dashboard) -> None:
        self.sent: list[str] = []
        self.connections = 0
        self.is_silent = False
        self.live: WebSocketRoute | None = None
        dashboard.page.route_web_socket(lambda url: "/v1/stream" in url, self._connect)

    def _connect(self, page_side: WebSocketRoute) -> None:
        number = self.connections = self.connections + 1
        self.live = page_side
        server_side = page_side.connect_to_server()

        def up(message: Any) -> None:
            self.sent.append(str(message))
            if not (self.is_silent and number == 1):
                server_side.send(message)

        def down(message: Any) -> None:
            if not (self.is_silent and number == 1):
                page_side.send(message)

        page_side.on_message(up)
        server_side.on_message(down)


def test_a_reconnect_resumes(visit: Visit, stage: Stage) -> None:
    """The page sends its epoch and version, and receives what changed in between."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.live()
    before = len(wire.sent)
    assert wire.live is not None
    wire.live.close(code=1012, reason="restart")
    stage.trade("MSFT", 77)
    dashboard.shows("MSFT", "last", 77)
    again = [text for text in wire.sent[before:] if '"subscribe"' in text]
    assert any('"since"' in text and '"epoch"' in text for text in again), again


def test_a_dead_connection_is_replaced_after_sleep(visit: Visit, stage: Stage) -> None:
    """After a laptop's sleep the connection looks open but is dead."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.clock.install()
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.live()
    wire.is_silent = True
    stage.trade("AAPL", 123)
    dashboard.page.clock.fast_forward(3_600_000)
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda shown: shown == 123)
    assert wire.connections == 2


def test_a_hidden_page_requests_a_lower_rate(visit: Visit, stage: Stage) -> None:
    """When shown again it requests the former rate."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.live()
    before = len(wire.sent)
    show(dashboard, "hidden")
    hidden = dashboard.until(lambda: rates(wire.sent[before:]), lambda found: bool(found))
    before = len(wire.sent)
    show(dashboard, "visible")
    shown = dashboard.until(lambda: rates(wire.sent[before:]), lambda found: bool(found))
    assert 0 < hidden[-1] < shown[-1]
    stage.trade("AAPL", 190)
    dashboard.shows("AAPL", "last", 190)


def show(dashboard: Dashboard, visibility: str) -> None:
    """Set the visibility as a browser does when its tab is covered."""
    dashboard.page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


def rates(sent: list[str]) -> list[float]:
    ops = [json.loads(text) for text in sent if text.startswith("{")]
    return [op["rate"] for op in ops if "rate" in op]


@pytest.mark.parametrize(("option", "rate"), [("1", 1), ("20", 20)])
def test_the_rate_setting_is_sent_and_remembered(visit: Visit, stage: Stage, option: str, rate: float) -> None:
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.choose("Rate", option)
    dashboard.until(lambda: rates(wire.sent), lambda found: bool(found) and found[-1] == rate)
    wire.sent.clear()
    dashboard.page.reload()
    dashboard.until(lambda: rates(wire.sent), lambda found: bool(found) and found[0] == rate)

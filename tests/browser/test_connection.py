"""The state of things is told in words, and what breaks mends by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage

#: What a browser logs by itself about a server that is not there.
GONE = ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE_CHUNKED", "WebSocket connection to"]


def state(dashboard: Dashboard) -> str | None:
    found: str | None = dashboard.badge.get_attribute("data-state")
    return found


def test_a_server_that_is_killed_and_comes_back(visit: Visit) -> None:
    """The badge tells that it is gone and when it is tried again; then prices go on, from another epoch."""
    with Stage(("AAPL", "MSFT")) as first:
        first.trade("AAPL", 187.4)
        dashboard = visit(first.url + "/#AAPL,MSFT")
        dashboard.complaints.expected += GONE
        dashboard.shows("AAPL", "last", 187.4)
        dashboard.live()
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
        expect(dashboard.badge).to_contain_text("reconnect", ignore_case=True)
        dashboard.shows("AAPL", "last", 187.4)  # the last prices stay in sight
        with Stage(("AAPL", "MSFT"), port=first.port) as second:
            second.play(("trade", "AAPL", 200.5, 10), ("trade", "MSFT", 60, 10))
            dashboard.shows("AAPL", "last", 200.5)
            dashboard.shows("MSFT", "last", 60)
            dashboard.live()
            second.trade("AAPL", 201)
            dashboard.shows("AAPL", "last", 201)


def test_a_server_that_is_not_there_yet_is_waited_for(visit: Visit) -> None:
    """A page that was loaded and finds nobody tries again until somebody is there."""
    with Stage(("AAPL",)) as first:
        dashboard = visit(first.url + "/#AAPL")
        dashboard.complaints.expected += GONE
        dashboard.badge.wait_for()
        first.kill()
        expect(dashboard.badge).to_have_attribute("data-state", "reconnecting")
    with Stage(("AAPL",), port=first.port) as second:
        second.trade("AAPL", 3)
        dashboard.shows("AAPL", "last", 3)


def test_a_feed_that_breaks_is_told_as_stale(visit: Visit, stage: Stage) -> None:
    """The connection is there and the prices are old: that is another word than reconnecting."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    stage.break_feed()
    expect(dashboard.badge).to_have_attribute("data-state", "stale")
    expect(dashboard.badge).to_contain_text("stale", ignore_case=True)


def test_the_state_is_announced(visit: Visit, stage: Stage) -> None:
    """Those who don't see the badge are told of it, and not of each price."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    spoken = dashboard.page.locator("[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]")
    assert spoken.count() > 0
    assert dashboard.page.locator("[role=row] [aria-live], [aria-live] [role=row]").count() == 0


def test_it_tells_how_late_and_how_much(visit: Visit, stage: Stage) -> None:
    """Latency in ms, messages a second and gaps, in the head of the page."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    for _ in range(3):
        stage.trade("AAPL", 188)
    expect(dashboard.page.locator("[data-latency]")).to_contain_text("ms")
    expect(dashboard.page.locator("[data-rate]")).to_contain_text("/s")
    expect(dashboard.page.locator("[data-gaps]")).to_have_text("0")


class Wire:
    """Stands between a page and the server: notes what goes over, and may fall silent without closing."""

    def __init__(self, dashboard: Dashboard) -> None:
        self.sent: list[str] = []
        self.connections = 0
        self.silent = False
        self.live: WebSocketRoute | None = None
        dashboard.page.route_web_socket(lambda url: "/v1/stream" in url, self._connect)

    def _connect(self, page_side: WebSocketRoute) -> None:
        number = self.connections = self.connections + 1
        self.live = page_side
        server_side = page_side.connect_to_server()

        def up(message: Any) -> None:
            self.sent.append(str(message))
            if not (self.silent and number == 1):
                server_side.send(message)

        def down(message: Any) -> None:
            if not (self.silent and number == 1):
                page_side.send(message)

        page_side.on_message(up)
        server_side.on_message(down)


def test_a_break_is_resumed_from_where_it_was(visit: Visit, stage: Stage) -> None:
    """After a break the page names its epoch and version, and gets what changed in between."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.live()
    asked = len(wire.sent)
    assert wire.live is not None
    wire.live.close(code=1012, reason="restart")
    stage.trade("MSFT", 77)
    dashboard.shows("MSFT", "last", 77)
    again = [text for text in wire.sent[asked:] if '"subscribe"' in text]
    assert any('"since"' in text and '"epoch"' in text for text in again), again


def test_a_silent_line_is_given_up(visit: Visit, stage: Stage) -> None:
    """After a laptop's sleep the connection looks open and is dead: within two seconds the prices are right again."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.clock.install()
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.live()
    wire.silent = True
    stage.trade("AAPL", 123)
    dashboard.page.clock.fast_forward(3_600_000)
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda shown: shown == 123, patience_ms=4_000)
    assert wire.connections == 2


def test_a_hidden_page_asks_for_less(visit: Visit, stage: Stage) -> None:
    """Nobody looks: a lower rate is asked for; shown again, the old one, and the prices are right at once."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.live()
    asked = len(wire.sent)
    show(dashboard, "hidden")
    hidden = dashboard.until(lambda: rates(wire.sent[asked:]), lambda found: bool(found))
    asked = len(wire.sent)
    show(dashboard, "visible")
    shown = dashboard.until(lambda: rates(wire.sent[asked:]), lambda found: bool(found))
    assert 0 < hidden[-1] < shown[-1]
    stage.trade("AAPL", 190)
    dashboard.shows("AAPL", "last", 190)


def show(dashboard: Dashboard, visibility: str) -> None:
    """As the browser does when its tab is covered: the state, and its event."""
    dashboard.page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


def rates(sent: list[str]) -> list[float]:
    asked = [json.loads(text) for text in sent if text.startswith("{")]
    return [order["rate"] for order in asked if "rate" in order]


@pytest.mark.parametrize(("word", "rate"), [("1", 1), ("20", 20)])
def test_a_rate_is_asked_for_by_choice(visit: Visit, stage: Stage, word: str, rate: float) -> None:
    """The choice goes to the server, and is remembered."""
    dashboard = visit("about:blank")
    wire = Wire(dashboard)
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.choose("Rate", word)
    dashboard.until(lambda: rates(wire.sent), lambda found: bool(found) and found[-1] == rate)
    wire.sent.clear()
    dashboard.page.reload()
    dashboard.until(lambda: rates(wire.sent), lambda found: bool(found) and found[0] == rate)

"""The displayed prices equal the server's."""

from __future__ import annotations

import pytest
from playwright.sync_api import WebSocket

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage, snapshot

#: The page shows prices to the cent.
CENT = 0.005


def test_prices_move(visit: Visit, a_market: Server) -> None:
    dashboard = visit(a_market.url + "/#AAPL,MSFT,NVDA")
    dashboard.live()
    before = dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda shown: shown is not None)
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda shown: shown not in {None, before})


def test_values_are_those_of_the_ticks(visit: Visit, stage: Stage) -> None:
    """Last, bid, ask and the day's volume."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.shows("AAPL", "bid", 187.39)
    dashboard.shows("AAPL", "ask", 187.41)
    dashboard.shows("MSFT", "volume", 200)
    stage.play(("trade", "AAPL", 188.15, 50), ("quote", "AAPL", 188.14, 10, 188.16, 10))
    dashboard.shows("AAPL", "last", 188.15)
    dashboard.shows("AAPL", "volume", 150)
    dashboard.shows("MSFT", "last", 54.1)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_the_display_equals_the_servers_snapshot(visit: Visit, stage: Stage, encoding: str) -> None:
    """When the ticks end, each cell has the server's value."""
    dashboard = visit(f"{stage.url}/?encoding={encoding}#AAPL,MSFT,NVDA")
    dashboard.live()
    for step in range(60):
        stage.play(
            ("trade", "AAPL", 180 + step / 10, 10),
            ("quote", "MSFT", 54 - step / 100, 100, 54.02, 100),
            ("trade", "NVDA", 900 - step, 5),
        )
    dashboard.shows("NVDA", "last", 900 - 59)
    for symbol, values in snapshot(stage.url).items():
        for field in ("last", "bid", "ask"):
            dashboard.shows(symbol, field, values[field], within=CENT)
        dashboard.shows(symbol, "volume", values["volume"])


def test_the_msgpack_encoding(visit: Visit, stage: Stage) -> None:
    """With ?encoding=msgpack all frames are binary."""
    dashboard = visit("about:blank")
    sockets: list[str] = []
    binary: list[bool] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket.url)
        socket.on("framereceived", lambda payload: binary.append(isinstance(payload, bytes)))

    dashboard.page.on("websocket", opened)
    dashboard.page.goto(stage.url + "/?encoding=msgpack#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    stage.trade("AAPL", 190)
    dashboard.shows("AAPL", "last", 190)
    assert sockets
    assert binary
    assert all(binary)


#: The background image without its colours.
IMAGE = "(cell) => getComputedStyle(cell).backgroundImage.replace(/rgba?\\([^)]*\\)|oklch\\([^)]*\\)/g, 'colour')"


def test_a_change_is_visible_without_colour(visit: Visit, stage: Stage) -> None:
    """A rise and a fall have different arrows and signs."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    stage.trade("AAPL", 188)
    dashboard.shows("AAPL", "last", 188)
    sign = dashboard.cell("AAPL", "last")
    expect(sign).to_have_attribute("data-way", "up")
    rising = sign.evaluate(IMAGE)
    assert "gradient" in rising
    expect(dashboard.cell("AAPL", "change_pct")).to_contain_text("+0.32%")
    stage.trade("AAPL", 186)
    dashboard.shows("AAPL", "last", 186)
    expect(sign).to_have_attribute("data-way", "down")
    assert sign.evaluate(IMAGE) != rising
    expect(dashboard.cell("AAPL", "change_pct")).to_contain_text("−0.75%")


def test_a_changed_cell_flashes_except_with_reduced_motion(visit: Visit, stage: Stage) -> None:
    lively = visit(stage.url + "/#AAPL", reduced_motion="no-preference")
    still = visit(stage.url + "/#AAPL")
    for dashboard in (lively, still):
        dashboard.shows("AAPL", "last", 187.4)
        record_flashes(dashboard)
    stage.trade("AAPL", 188)
    lively.until(lambda: flashes(lively), lambda count: count > 0)
    still.shows("AAPL", "last", 188)
    assert flashes(still) == 0


def record_flashes(dashboard: Dashboard) -> None:
    """Count the cells that flash."""
    dashboard.page.evaluate(
        """() => {
          window.flashes = 0;
          const watch = { subtree: true, attributeFilter: ["data-flash"] };
          new MutationObserver((changes) => {
            window.flashes += changes.filter(({ target }) => target.dataset.flash).length;
          }).observe(document.body, watch);
        }"""
    )


def flashes(dashboard: Dashboard) -> int:
    count: int = dashboard.page.evaluate("() => window.flashes")
    return count

"""The chart and the trades of the selected symbol."""

from __future__ import annotations

import re

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Replay, Stage


def bars(dashboard: Dashboard) -> int:
    return int(dashboard.chart.get_attribute("data-bars") or 0)


def test_the_chart_draws_bars_and_the_last_one_moves(visit: Visit, stage: Stage) -> None:
    """History comes from /v1/bars; new trades change the open bar."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.until(lambda: bars(dashboard), lambda count: count >= 1)
    # With a shorter interval a new bar could begin between the trades.
    dashboard.chart.get_by_role("button", name="1d", exact=True).click()
    last = dashboard.chart.locator("[data-ohlc]")
    expect(last).to_contain_text("187.4")
    stage.trade("AAPL", 191.25)
    expect(last).to_contain_text("191.25")
    stage.trade("AAPL", 190.5)
    expect(last).to_contain_text("190.5")
    expect(last).to_contain_text("191.25")  # its high


def test_the_candles_are_drawn(visit: Visit, stage: Stage) -> None:
    """The canvas has several colours."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.until(lambda: bars(dashboard), lambda count: count >= 1)
    dashboard.until(lambda: colours(dashboard), lambda count: count > 3)


def colours(dashboard: Dashboard) -> int:
    """The number of colours on the chart's canvases."""
    count: int = dashboard.chart.locator("canvas").evaluate_all(
        """(canvases) => {
          const seen = new Set();
          for (const canvas of canvases) {
            if (canvas.width === 0 || canvas.height === 0) continue;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) {
              seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
            }
          }
          return seen.size;
        }"""
    )
    return count


def test_each_interval_has_its_bars(visit: Visit, stage: Stage) -> None:
    """A click on an interval draws that one, and says so."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.until(lambda: bars(dashboard), lambda count: count >= 1)
    for interval in ("1s", "5s", "1h", "1m"):
        dashboard.chart.get_by_role("button", name=interval, exact=True).click()
        expect(dashboard.chart).to_have_attribute("data-interval", interval)
        expect(dashboard.chart.get_by_role("button", name=interval, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        dashboard.until(lambda: bars(dashboard), lambda count: count >= 1)


def test_another_symbol_brings_its_own_bars(visit: Visit, stage: Stage) -> None:
    """After fast clicks only the last symbol's bars are shown."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    for symbol in ("MSFT", "AAPL", "MSFT", "NVDA"):
        dashboard.cell(symbol, "symbol").click()
    expect(dashboard.chart).to_have_attribute("data-symbol", "NVDA")
    expect(dashboard.chart.locator("[data-ohlc]")).to_contain_text("902")


def test_the_chart_has_a_text_summary(visit: Visit, stage: Stage) -> None:
    """For screen readers: symbol and last price."""
    dashboard = visit(stage.url + "/#AAPL")
    summary = dashboard.page.locator("[data-chart-summary]")
    expect(summary).to_contain_text("AAPL")
    expect(summary).to_contain_text(re.compile(r"187\.4"))


def test_the_trade_list_has_each_trade(visit: Visit, stage: Stage) -> None:
    """Two trades in one batch are two lines, newest first; the quote is updated too."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    stage.play(("trade", "AAPL", 188.01, 11), ("trade", "AAPL", 188.02, 12), ("quote", "AAPL", 188, 7, 188.05, 9))
    tape = dashboard.page.locator("[data-tape]")
    expect(tape).to_contain_text("188.01")
    expect(tape).to_contain_text("188.02")
    prices = tape.locator("[data-price]").evaluate_all("all => all.map((line) => Number(line.dataset.price))")
    assert prices[:2] == [188.02, 188.01]
    expect(dashboard.page.locator("[data-bid]")).to_contain_text("188")
    expect(dashboard.page.locator("[data-ask]")).to_contain_text("188.05")


def test_a_new_market_is_charted_in_seconds(visit: Visit, stage: Stage, history: Replay) -> None:
    """The default is 1-minute bars if there are several, and a user's choice is kept."""
    young = visit(stage.url + "/#AAPL")
    expect(young.chart).to_have_attribute("data-interval", "1s")
    young.button("5m").click()
    expect(young.chart).to_have_attribute("data-interval", "5m")
    young.page.reload()
    expect(young.chart).to_have_attribute("data-interval", "5m")
    history.do("seek", to="14:50")
    old = visit(history.url + "/#AAPL")
    old.until(lambda: bars(old), lambda count: count >= 20)
    expect(old.chart).to_have_attribute("data-interval", "1m")

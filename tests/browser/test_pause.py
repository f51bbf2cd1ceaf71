"""Pausing the display, and resuming with the latest prices."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.expecting import expect
from tests.browser.serving import Stage


def test_a_pause_freezes_prices_and_resuming_shows_the_latest(visit: Visit, stage: Stage) -> None:
    """Updates during the pause are counted and not shown."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Pause").click()
    expect(dashboard.badge).to_have_attribute("data-state", "paused")
    for step in range(20):
        stage.trade("AAPL", 190 + step)
    pending = dashboard.page.locator("[data-pending]")
    expect(pending.first).to_contain_text("pending")
    assert dashboard.number("AAPL", "last") == 187.4
    dashboard.button("Resume").click()
    dashboard.shows("AAPL", "last", 209)
    dashboard.live()


def test_space_pauses_and_resumes(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.page.locator("body").press("Space")
    expect(dashboard.badge).to_have_attribute("data-state", "paused")
    stage.trade("AAPL", 200)
    dashboard.page.locator("body").press("Space")
    dashboard.shows("AAPL", "last", 200)
    dashboard.live()


def test_a_symbol_added_during_a_pause_has_a_row(visit: Visit, stage: Stage) -> None:
    """Resuming shows its price and the others."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Pause").click()
    dashboard.add("MSFT")
    expect(dashboard.row("MSFT")).to_be_visible()
    stage.trade("AAPL", 199)
    dashboard.button("Resume").click()
    dashboard.shows("MSFT", "last", 54.1)
    dashboard.shows("AAPL", "last", 199)

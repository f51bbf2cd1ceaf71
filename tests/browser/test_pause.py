"""Pause holds the picture; resuming shows the latest."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.serving import Stage


def test_a_pause_holds_the_picture_and_resuming_shows_the_latest(visit: Visit, stage: Stage) -> None:
    """What comes meanwhile is counted and held, not shown; nothing in between is played back."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Pause").click()
    expect(dashboard.badge).to_have_attribute("data-state", "paused")
    for step in range(20):
        stage.trade("AAPL", 190 + step)
    held = dashboard.page.locator("[data-held]")
    expect(held.first).to_contain_text("held")
    assert dashboard.number("AAPL", "last") == 187.4
    dashboard.button("Resume").click()
    dashboard.shows("AAPL", "last", 209)
    dashboard.live()


def test_space_pauses_and_resumes(visit: Visit, stage: Stage) -> None:
    """The keyboard does as well."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.page.locator("body").press("Space")
    expect(dashboard.badge).to_have_attribute("data-state", "paused")
    stage.trade("AAPL", 200)
    dashboard.page.locator("body").press("Space")
    dashboard.shows("AAPL", "last", 200)
    dashboard.live()


def test_a_symbol_added_while_paused_waits_for_its_price(visit: Visit, stage: Stage) -> None:
    """Its row is there; the rest of the picture stays held, and resuming shows both."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Pause").click()
    dashboard.add("MSFT")
    expect(dashboard.row("MSFT")).to_be_visible()
    stage.trade("AAPL", 199)
    dashboard.button("Resume").click()
    dashboard.shows("MSFT", "last", 54.1)
    dashboard.shows("AAPL", "last", 199)

"""Price alerts: kept in the browser, told when the price is reached."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage


def set_alert(dashboard: Dashboard, price: str) -> None:
    dashboard.page.get_by_label("Price of the alert").fill(price)
    dashboard.button("Add alert").click()


def test_an_alert_rings_when_its_price_is_reached(visit: Visit, stage: Stage) -> None:
    """Words that a screen reader speaks at once, and the alert is marked as reached."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    set_alert(dashboard, "190")
    alert = dashboard.page.locator("[data-alert]")
    expect(alert).to_contain_text("AAPL")
    stage.trade("AAPL", 189.99)
    dashboard.shows("AAPL", "last", 189.99)
    expect(alert).not_to_have_attribute("data-reached", "")
    stage.trade("AAPL", 190)
    expect(dashboard.page.get_by_role("alert")).to_contain_text("AAPL")
    expect(alert).to_contain_text("reached")


def test_an_alert_rings_behind_a_held_picture(visit: Visit, stage: Stage) -> None:
    """Pause holds the picture, not the market."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    set_alert(dashboard, "180")
    dashboard.button("Pause").click()
    stage.trade("AAPL", 179)
    expect(dashboard.page.get_by_role("alert")).to_contain_text("AAPL")
    assert dashboard.number("AAPL", "last") == 187.4


def test_alerts_stay_and_go(visit: Visit, stage: Stage) -> None:
    """A reload keeps them; their button takes them away."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    set_alert(dashboard, "500")
    dashboard.page.reload()
    alert = dashboard.page.locator("[data-alert]")
    expect(alert).to_contain_text("500")
    dashboard.page.get_by_role("button", name="Remove the alert").click()
    expect(alert).to_have_count(0)


def test_the_sound_can_be_muted(visit: Visit, stage: Stage) -> None:
    """And stays muted."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.button("Mute the sound").click()
    dashboard.page.reload()
    expect(dashboard.button("Unmute the sound")).to_be_visible()


def test_a_price_that_was_reached_for_a_moment_was_reached(visit: Visit, stage: Stage) -> None:
    """What was shown and is gone again rings, too."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    set_alert(dashboard, "1,000")
    stage.trade("AAPL", 1001)
    dashboard.shows("AAPL", "last", 1001)
    stage.trade("AAPL", 187.4)
    expect(dashboard.page.locator("[data-alert]")).to_contain_text("reached")

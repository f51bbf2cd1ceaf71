"""Alerts: the server watches, also while nobody looks; the page tells each that fires once."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage
from tests.browser.test_connection import GONE


def ready(visit: Visit, stage: Stage, query: str = "") -> Dashboard:
    dashboard = visit(f"{stage.url}/{query}#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    return dashboard


def set_alert(dashboard: Dashboard, price: str) -> Locator:
    """Set one, and wait until the server has it: the newest stands first."""
    count = alerts(dashboard).count()
    dashboard.page.get_by_label("Price of the alert").fill(price)
    dashboard.button("Add alert").click()
    expect(alerts(dashboard)).to_have_count(count + 1)
    return alerts(dashboard).first


def alerts(dashboard: Dashboard) -> Locator:
    return dashboard.page.locator("[data-alert]")


def toasts(dashboard: Dashboard) -> Locator:
    return dashboard.page.locator("#toasts .toast")


@pytest.mark.parametrize("query", ["?encoding=msgpack", "?transport=sse"])
def test_an_alert_rings_when_its_price_is_reached(visit: Visit, stage: Stage, query: str) -> None:
    """Words that a screen reader speaks at once, and the alert is marked as fired."""
    dashboard = ready(visit, stage, query)
    alert = set_alert(dashboard, "190")
    expect(alert).to_contain_text("AAPL ≥ 190.00")
    stage.trade("AAPL", 189.99)
    dashboard.shows("AAPL", "last", 189.99)
    expect(alert).to_have_attribute("data-state", "waiting")
    stage.trade("AAPL", 190)
    expect(dashboard.page.get_by_role("alert").filter(has_text="AAPL is at or above 190.00: 190.00")).to_be_visible()
    expect(alert).to_have_attribute("data-state", "fired")
    expect(alert).to_contain_text(re.compile(r"fired \d\d:\d\d:\d\d"))
    expect(toasts(dashboard)).to_have_count(1)


def test_an_alert_rings_behind_a_held_picture(visit: Visit, stage: Stage) -> None:
    """Pause holds the picture, not the market."""
    dashboard = ready(visit, stage)
    set_alert(dashboard, "180")
    dashboard.button("Pause").click()
    stage.trade("AAPL", 179)
    expect(toasts(dashboard)).to_contain_text("AAPL is at or below 180.00")
    assert dashboard.number("AAPL", "last") == 187.4


def test_alerts_stay_and_go(visit: Visit, stage: Stage) -> None:
    """They are the server's: a reload finds them, and another window too; their button takes them away for all."""
    dashboard = ready(visit, stage)
    set_alert(dashboard, "500")
    dashboard.page.reload()
    expect(alerts(dashboard)).to_contain_text("500")
    beside = visit(stage.url + "/#AAPL", beside=dashboard)
    expect(alerts(beside)).to_contain_text("500")
    stranger = visit(stage.url + "/#AAPL")
    dashboard.page.get_by_role("button", name="Remove the alert").click()
    expect(alerts(dashboard)).to_have_count(0)
    beside.page.reload()
    beside.shows("AAPL", "last", 187.4)
    # Who else comes has nothing of it.
    stranger.shows("AAPL", "last", 187.4)
    for each in (beside, stranger):
        set_alert(each, "600")
        expect(alerts(each)).to_contain_text("600")


def test_what_fires_while_the_page_is_closed_is_told_on_return_once(visit: Visit, stage: Stage) -> None:
    """It waits on the server; the window that comes next shows it, and the one after that doesn't."""
    dashboard = ready(visit, stage)
    set_alert(dashboard, "190")
    set_alert(dashboard, "180")
    dashboard.page.close()
    stage.trade("AAPL", 191)
    stage.trade("AAPL", 179)
    returned = visit(stage.url + "/#AAPL", beside=dashboard)
    told = toasts(returned)
    expect(told).to_have_count(1)
    expect(told).to_contain_text(
        re.compile(
            r"While you were away: AAPL was at or above 190\.00: 191\.00 at \d\d:\d\d:\d\d; "
            r"AAPL was at or below 180\.00: 179\.00 at \d\d:\d\d:\d\d"
        )
    )
    expect(returned.page.locator("[data-alert][data-state=fired]")).to_have_count(2)
    returned.page.reload()
    expect(alerts(returned)).to_have_count(2)
    set_alert(returned, "195")
    stage.trade("AAPL", 196)
    expect(told).to_contain_text("AAPL is at or above 195.00")
    expect(told).to_have_count(1)


def test_an_alert_can_be_set_again_and_fire_each_time(visit: Visit, stage: Stage) -> None:
    """One that has fired waits anew; one for each time is held until the value has gone back."""
    dashboard = ready(visit, stage)
    alert = set_alert(dashboard, "190")
    stage.trade("AAPL", 190)
    expect(alert).to_have_attribute("data-state", "fired")
    stage.trade("AAPL", 185)
    dashboard.shows("AAPL", "last", 185)
    dashboard.page.get_by_role("button", name="Watch again: AAPL ≥ 190.00").click()
    expect(alert).to_have_attribute("data-state", "waiting")
    stage.trade("AAPL", 190.5)
    expect(alert).to_have_attribute("data-state", "fired")
    expect(toasts(dashboard)).to_have_count(2)

    page = dashboard.page
    page.get_by_text("More", exact=True).click()
    page.get_by_role("combobox", name="Of", exact=True).select_option("volume")
    page.get_by_role("combobox", name="When it").select_option(">")
    page.get_by_label("Each time").check()
    page.get_by_label("Back by").fill("5")
    newest = set_alert(dashboard, "1000")
    expect(newest).to_contain_text("AAPL volume > 1.00k")
    expect(newest).to_contain_text("waiting, each time")
    stage.trade("AAPL", 190.5, 5_000)
    expect(page.get_by_role("alert").filter(has_text="AAPL’s volume is above 1.00k")).to_be_visible()
    expect(newest).to_have_attribute("data-state", "held")
    expect(newest).to_contain_text("each time: 1×")


def test_the_form_says_what_is_wrong(visit: Visit, stage: Stage) -> None:
    """Its own words for a number that is none, the server's for what it refuses."""
    dashboard = ready(visit, stage)
    dashboard.page.get_by_label("Price of the alert").fill("abc")
    dashboard.button("Add alert").click()
    expect(dashboard.page.locator("#alert-error")).to_have_text("An alert needs a number above 0")
    dashboard.page.get_by_text("More", exact=True).click()
    dashboard.page.get_by_role("combobox", name="Of", exact=True).select_option("change_pct")
    alert = set_alert(dashboard, "-2.5%")
    expect(alert).to_contain_text("change ≤ −2.50%")
    expect(dashboard.page.locator("#alert-error")).to_be_empty()


def test_the_sound_can_be_muted(visit: Visit, stage: Stage) -> None:
    """And stays muted."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.button("Mute the sound").click()
    dashboard.page.reload()
    expect(dashboard.button("Unmute the sound")).to_be_visible()


def test_a_price_that_was_reached_for_a_moment_was_reached(visit: Visit, stage: Stage) -> None:
    """Between two updates of a page that gets one in a while, the server sees every tick."""
    dashboard = ready(visit, stage)
    set_alert(dashboard, "1,000")
    stage.play(("trade", "AAPL", 1001, 1), ("trade", "AAPL", 187.4, 1))
    expect(toasts(dashboard)).to_contain_text("AAPL is at or above 1,000.00: 1,001.00")
    dashboard.shows("AAPL", "last", 187.4)


def test_what_the_browser_watched_itself_is_handed_to_the_server_once(visit: Visit, stage: Stage) -> None:
    """Alerts of the page's earlier days go on, and those that were reached then are forgotten."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    old: list[dict[str, Any]] = [
        {"id": 1, "symbol": "AAPL", "price": 190, "side": "above", "reachedMs": None},
        {"id": 2, "symbol": "MSFT", "price": 50, "side": "below", "reachedMs": 5},
    ]
    dashboard.page.evaluate("old => localStorage.setItem('ticker.alerts', old)", json.dumps(old))
    dashboard.page.reload()
    expect(alerts(dashboard)).to_have_count(1)
    expect(alerts(dashboard)).to_contain_text("AAPL ≥ 190.00")
    dashboard.page.get_by_role("button", name="Remove the alert").click()
    expect(alerts(dashboard)).to_have_count(0)
    dashboard.page.reload()
    dashboard.live()
    set_alert(dashboard, "200")
    expect(alerts(dashboard)).to_have_count(1)


def test_a_server_that_forgets_is_reminded_if_one_wants(visit: Visit) -> None:
    """Without --state alerts end with the server; the page knows them, and sets them again if asked to."""
    with Stage(("AAPL",)) as first:
        first.trade("AAPL", 100)
        dashboard = visit(first.url + "/#AAPL")
        dashboard.complaints.expected += GONE
        dashboard.shows("AAPL", "last", 100)
        set_alert(dashboard, "110")
        first.kill()
        with Stage(("AAPL",), port=first.port) as second:
            assert second.url
            dashboard.hurry()
            expect(toasts(dashboard)).to_contain_text("The server has forgotten an alert.")
            expect(alerts(dashboard)).to_have_count(0)
            dashboard.button("Set again").click()
            expect(alerts(dashboard)).to_contain_text("AAPL ≥ 110.00")
            second.trade("AAPL", 111)
            expect(toasts(dashboard)).to_contain_text("AAPL is at or above 110.00: 111.00")


def test_an_alert_may_be_quicker_than_the_server(visit: Visit) -> None:
    """It is sent when the server has said whose alerts these are; if it goes before that, what was typed stays."""
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    with Stage(("AAPL",)) as first:
        first.trade("AAPL", 100)
        dashboard = visit("about:blank")
        dashboard.complaints.expected += [*GONE, "net::ERR_"]
        page = dashboard.page
        page.route("**/v1/session", hold)
        page.goto(first.url + "/#AAPL")
        dashboard.shows("AAPL", "last", 100)
        box, words = page.get_by_label("Price of the alert"), page.locator("#alert-error")
        box.fill("90")
        dashboard.button("Add alert").click()
        expect(words).to_have_text("Asking the server…")
        first.kill()
        expect(words).to_have_text("Alerts are the server’s, and it is away")
        expect(box).to_have_value("90")
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 101)
            assert second.url
            dashboard.hurry()
            dashboard.shows("AAPL", "last", 101)
            dashboard.button("Add alert").click()
            expect(words).to_have_text("Asking the server…")
            is_held = False
            for route in held:
                route.continue_()
            expect(alerts(dashboard)).to_contain_text("AAPL ≤ 90.00")
            expect(box).to_have_value("")
            expect(words).to_be_empty()


def test_a_network_that_lets_only_prices_through_is_told(visit: Visit, stage: Stage) -> None:
    """Over long polls the panels say that they can't."""
    dashboard = ready(visit, stage, "?transport=poll")
    expect(dashboard.page.locator("#alert-list")).to_contain_text("Alerts don’t come through this network")
    expect(dashboard.page.get_by_label("Price of the alert")).to_be_hidden()
    dashboard.button("Chat").click()
    dashboard.page.get_by_label("Your name").fill("Ann")
    dashboard.button("Join").click()
    expect(dashboard.page.locator("#chat-state")).to_contain_text("The chat doesn’t come through this network")


def test_alerts_of_a_key_are_the_keys(visit: Visit, tmp_path: Path) -> None:
    """Where the server asks who one is, they are found from any browser."""
    from tests.browser.test_login import REFUSED, new_key, served

    path = tmp_path / "keys.json"
    key = new_key(path)
    with served(path) as server:
        pages = [visit(server.url + "/#AAPL") for _ in range(2)]
        for dashboard in pages:
            dashboard.complaints.expected += REFUSED
        for dashboard in pages:
            dashboard.page.get_by_label("Key or token").fill(key)
            dashboard.button("Log in").click()
            # On which side of its price an alert is depends on the price.
            dashboard.until(partial(dashboard.number, "AAPL", "last"), bool)
            if dashboard is pages[0]:
                set_alert(dashboard, "1")
            expect(alerts(dashboard)).to_contain_text("≤ 1.00")

"""Alerts: set in the page, evaluated by the server, and shown once when they fire."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Route

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import KeyedServer, Stage
from tests.browser.test_connection import UNREACHABLE
from tests.browser.test_login import UNAUTHORIZED, log_in
from tests.support.ports import own_port


def open_dashboard(visit: Visit, stage: Stage, query: str = "") -> Dashboard:
    dashboard = visit(f"{stage.url}/{query}#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    return dashboard


def set_alert(dashboard: Dashboard, price: str) -> Locator:
    """Set an alert and wait until the server has listed it; the newest is first."""
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
def test_an_alert_fires_when_its_price_is_reached(visit: Visit, stage: Stage, query: str) -> None:
    """A toast with role alert appears, and the row is marked as fired."""
    dashboard = open_dashboard(visit, stage, query)
    alert = set_alert(dashboard, "190")
    expect(alert).to_contain_text("AAPL ≥ 190.00")
    stage.trade("AAPL", 189.99)
    dashboard.shows("AAPL", "last", 189.99)
    expect(alert).to_have_attribute("data-state", "waiting")
    stage.trade("AAPL", 190)
    expect(dashboard.page.get_by_role("alert").filter(has_text="190.00: 190.00")).to_be_visible()
    expect(alert).to_have_attribute("data-state", "fired")
    expect(alert).to_contain_text(re.compile(r"fired \d\d:\d\d:\d\d"))
    expect(toasts(dashboard)).to_have_count(1)


def test_an_alert_fires_while_the_display_is_paused(visit: Visit, stage: Stage) -> None:
    dashboard = open_dashboard(visit, stage)
    set_alert(dashboard, "180")
    dashboard.button("Pause").click()
    stage.trade("AAPL", 179)
    expect(toasts(dashboard)).to_contain_text("180.00: 179.00")
    assert dashboard.number("AAPL", "last") == 187.4


def test_alerts_survive_a_reload_and_are_removed_in_all_windows(visit: Visit, stage: Stage) -> None:
    """Alerts belong to the browser's owner id: another browser does not see them."""
    dashboard = open_dashboard(visit, stage)
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
    stranger.shows("AAPL", "last", 187.4)
    for each in (beside, stranger):
        set_alert(each, "600")
        expect(alerts(each)).to_contain_text("600")


def test_a_firing_while_the_page_is_closed_is_shown_once_on_return(visit: Visit, stage: Stage) -> None:
    """The next page load shows it, and the one after that does not."""
    dashboard = open_dashboard(visit, stage)
    set_alert(dashboard, "190")
    set_alert(dashboard, "180")
    dashboard.page.close()
    stage.trade("AAPL", 191)
    stage.trade("AAPL", 179)
    returned = visit(stage.url + "/#AAPL", beside=dashboard)
    shown = toasts(returned)
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(
        re.compile(r"AAPL .*190\.00: 191\.00 at \d\d:\d\d:\d\d; AAPL .*180\.00: 179\.00 at \d\d:\d\d:\d\d")
    )
    expect(returned.page.locator("[data-alert][data-state=fired]")).to_have_count(2)
    returned.page.reload()
    expect(alerts(returned)).to_have_count(2)
    set_alert(returned, "195")
    stage.trade("AAPL", 196)
    expect(shown).to_contain_text("195.00: 196.00")
    expect(shown).to_have_count(1)


def test_an_alert_can_be_rearmed_or_fire_each_time(visit: Visit, stage: Stage) -> None:
    """A repeating alert is held until the value has moved back."""
    dashboard = open_dashboard(visit, stage)
    alert = set_alert(dashboard, "190")
    stage.trade("AAPL", 190)
    expect(alert).to_have_attribute("data-state", "fired")
    stage.trade("AAPL", 185)
    dashboard.shows("AAPL", "last", 185)
    dashboard.page.get_by_role("button", name="Rearm: AAPL ≥ 190.00").click()
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
    expect(page.get_by_role("alert").filter(has_text="1.00k: 5.")).to_be_visible()
    expect(newest).to_have_attribute("data-state", "held")
    expect(newest).to_contain_text("each time: 1×")


def test_the_form_shows_invalid_input(visit: Visit, stage: Stage) -> None:
    dashboard = open_dashboard(visit, stage)
    dashboard.page.get_by_label("Price of the alert").fill("abc")
    dashboard.button("Add alert").click()
    expect(dashboard.page.locator("#alert-error")).to_contain_text("above 0")
    dashboard.page.get_by_text("More", exact=True).click()
    dashboard.page.get_by_role("combobox", name="Of", exact=True).select_option("change_pct")
    alert = set_alert(dashboard, "-2.5%")
    expect(alert).to_contain_text("change ≤ −2.50%")
    expect(dashboard.page.locator("#alert-error")).to_be_empty()


def test_muting_the_sound_survives_a_reload(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.button("Mute the sound").click()
    dashboard.page.reload()
    expect(dashboard.button("Unmute the sound")).to_be_visible()


def test_a_price_reached_between_two_updates_fires(visit: Visit, stage: Stage) -> None:
    """The server evaluates every tick, also those that the page does not receive."""
    dashboard = open_dashboard(visit, stage)
    set_alert(dashboard, "1,000")
    stage.play(("trade", "AAPL", 1001, 1), ("trade", "AAPL", 187.4, 1))
    expect(toasts(dashboard)).to_contain_text("1,000.00: 1,001.00")
    dashboard.shows("AAPL", "last", 187.4)


def test_legacy_alerts_are_migrated_to_the_server_once(visit: Visit, stage: Stage) -> None:
    """Earlier versions of the page kept alerts in the browser: armed ones are migrated, fired ones are dropped."""
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


def test_alerts_lost_in_a_restart_can_be_set_again(visit: Visit) -> None:
    """Without --state the server loses its alerts. The page knows them and offers to set them again."""
    with Stage(("AAPL",), port=own_port()) as first:
        first.trade("AAPL", 100)
        dashboard = visit(first.url + "/#AAPL")
        dashboard.errors.expected += UNREACHABLE
        dashboard.shows("AAPL", "last", 100)
        set_alert(dashboard, "110")
        first.kill()
        with Stage(("AAPL",), port=first.port) as second:
            assert second.url
            dashboard.reconnect_now()
            expect(toasts(dashboard)).to_contain_text("The server lost an alert")
            expect(alerts(dashboard)).to_have_count(0)
            dashboard.button("Set again").click()
            expect(alerts(dashboard)).to_contain_text("AAPL ≥ 110.00")
            second.trade("AAPL", 111)
            expect(toasts(dashboard)).to_contain_text("110.00: 111.00")


def test_an_alert_set_before_the_server_has_answered_is_sent_later(visit: Visit) -> None:
    """If the connection is lost before that, the typed text stays in the form."""
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    with Stage(("AAPL",), port=own_port()) as first:
        first.trade("AAPL", 100)
        dashboard = visit("about:blank")
        dashboard.errors.expected += [*UNREACHABLE, "net::ERR_"]
        page = dashboard.page
        page.route("**/v1/session", hold)
        page.goto(first.url + "/#AAPL")
        dashboard.shows("AAPL", "last", 100)
        box, error = page.get_by_label("Price of the alert"), page.locator("#alert-error")
        box.fill("90")
        dashboard.button("Add alert").click()
        expect(error).to_have_text("Waiting for the server…")
        first.kill()
        expect(error).to_contain_text("Not connected")
        expect(box).to_have_value("90")
        with Stage(("AAPL",), port=first.port) as second:
            second.trade("AAPL", 101)
            assert second.url
            dashboard.reconnect_now()
            dashboard.shows("AAPL", "last", 101)
            dashboard.button("Add alert").click()
            expect(error).to_have_text("Waiting for the server…")
            is_held = False
            for route in held:
                route.continue_()
            expect(alerts(dashboard)).to_contain_text("AAPL ≤ 90.00")
            expect(box).to_have_value("")
            expect(error).to_be_empty()


def test_over_long_polling_alerts_and_chat_report_that_they_are_unavailable(visit: Visit, stage: Stage) -> None:
    dashboard = open_dashboard(visit, stage, "?transport=poll")
    expect(dashboard.page.locator("#alert-list")).to_contain_text("not available over long polling")
    expect(dashboard.page.get_by_label("Price of the alert")).to_be_hidden()
    dashboard.button("Chat").click()
    dashboard.page.get_by_label("Your name").fill("Ann")
    dashboard.button("Join").click()
    expect(dashboard.page.locator("#chat-state")).to_contain_text("not available over long polling")


def test_with_authentication_alerts_belong_to_the_key(visit: Visit, keyed: KeyedServer) -> None:
    """Two browsers with the same key have the same alerts."""
    pages = [visit(keyed.url + "/#AAPL") for _ in range(2)]
    for dashboard in pages:
        dashboard.errors.expected += UNAUTHORIZED
    for dashboard in pages:
        log_in(dashboard, keyed.desk)
        # The form compares the level with the current price.
        dashboard.until(partial(dashboard.number, "AAPL", "last"), bool)
        if dashboard is pages[0]:
            set_alert(dashboard, "1")
        expect(alerts(dashboard)).to_contain_text("≤ 1.00")

"""The chart's intervals: those with a button, any other, and feeds that have only long ones."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Staging, Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.scripted import Row, Script, bar
from tests.browser.serving import Stage
from tests.browser.test_looks import NARROW, serious, too_wide

DAY_S = 86_400
#: 2024-01-15.
START = 1_705_276_800


def daily(interval: str) -> tuple[list[Row], dict[str, object]]:
    """The history of a feed of daily bars."""
    return ([bar(START + day * DAY_S, 100 + day) for day in range(30)] if interval in {"1d", "1w", "1M"} else []), {}


@pytest.fixture
def silent(staging: Staging) -> Stage:
    """A server without prices: all bars are the test's."""
    return staging("AAPL")


def refuse_seven_minutes(dashboard: Dashboard) -> None:
    def answer(route: Route) -> None:
        if "interval=7m" in route.request.url:
            route.fulfill(status=400, json={"error": "bad-interval", "message": "7m is no interval: <b>7</b>"})
        else:
            route.fulfill(json={"bars": [bar(START + 600 * at, 100) for at in range(20)]})

    dashboard.page.route("**/v1/bars/**", answer)
    dashboard.errors.expected.append("400")


def test_nine_intervals_have_buttons(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    buttons = dashboard.page.get_by_role("group", name="Interval").get_by_role("button")
    expect(buttons).to_have_text(["1s", "5s", "1m", "5m", "15m", "1h", "1d", "1w", "1M"])


def test_any_interval_can_be_typed(visit: Visit, silent: Stage) -> None:
    """The chart draws it, the field shows it, and a reload keeps it; [ and ] go on from there."""
    dashboard = visit("about:blank")
    refuse_seven_minutes(dashboard)
    dashboard.page.goto(silent.url + "/#AAPL")
    field = dashboard.page.get_by_label("Other interval")
    field.fill("10m")
    field.press("Enter")
    expect(dashboard.chart).to_have_attribute("data-interval", "10m")
    expect(dashboard.page.locator("#intervals [aria-pressed=true]")).to_have_count(0)
    expect(field).to_have_attribute("data-used", "yes")
    dashboard.page.reload()
    expect(dashboard.chart).to_have_attribute("data-interval", "10m")
    expect(field).to_have_value("10m")
    dashboard.page.locator("body").press("]")
    expect(dashboard.chart).to_have_attribute("data-interval", "15m")
    expect(field).to_have_value("")


def test_a_bad_interval_gets_the_servers_error(visit: Visit, silent: Stage) -> None:
    """As text; the chart keeps its interval, and Escape takes the text back."""
    dashboard = visit("about:blank")
    refuse_seven_minutes(dashboard)
    dashboard.page.goto(silent.url + "/#AAPL")
    expect(dashboard.chart).to_have_attribute("data-interval", "1m")
    expect(dashboard.chart).to_have_attribute("data-bars", "20")
    field = dashboard.page.get_by_label("Other interval")
    field.fill("7m")
    field.press("Enter")
    error = dashboard.page.locator("#interval-error")
    expect(error).to_have_text("7m is no interval: <b>7</b>")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(dashboard.chart).to_have_attribute("data-interval", "1m")
    assert serious(dashboard) == []
    field.press("Escape")
    expect(error).to_have_text("")
    expect(field).to_have_value("")
    dashboard.page.reload()
    expect(dashboard.chart).to_have_attribute("data-interval", "1m")


def test_a_server_folds_any_interval_and_explains_others(visit: Visit, stage: Stage) -> None:
    """The bars of 10 minutes are live."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.errors.expected.append("400")
    dashboard.shows("AAPL", "last", 187.4)
    field, error = dashboard.page.get_by_label("Other interval"), dashboard.page.locator("#interval-error")
    for text, reason in (
        ("7m", "does not divide a day"),
        ("60s", "written 1m"),
        ("2d", "1d, 1w and 1M"),
        ("x&y", "x&y"),
    ):
        field.fill(text)
        field.press("Enter")
        expect(error).to_contain_text(reason)
    field.fill("12h")
    field.press("Enter")
    expect(dashboard.chart).to_have_attribute("data-interval", "12h")
    expect(error).to_have_text("")
    expect(dashboard.chart.locator("[data-ohlc]")).to_contain_text("C 187.40")
    stage.trade("AAPL", 191.25)
    expect(dashboard.chart.locator("[data-ohlc]")).to_contain_text("C 191.25")


def test_an_interval_that_the_stream_refuses_has_the_servers_error(visit: Visit, silent: Stage) -> None:
    """Too many intervals that are not kept, for example."""
    script = Script(visit, silent.url, history=lambda _: ([], {}))

    def refuse(text: str) -> None:
        # At once: the server's own answer must come second.
        if '"subscribe"' in text and '"5m"' in text:
            identifier = text.split('"id":"')[1].split('"')[0]
            message = "at most 8 intervals per client"
            script.send(type="error", id=identifier, code="too-many-intervals", message=message)

    script.on_sent(refuse)
    script.dashboard.button("5m").click()
    expect(script.dashboard.page.locator("#chart-message")).to_have_text("at most 8 intervals per client")


def test_a_feed_of_daily_bars_starts_with_them_and_explains_shorter_ones(visit: Visit, silent: Stage) -> None:
    script = Script(visit, silent.url, history=daily, timezone_id="UTC")
    chart = script.dashboard.chart
    expect(chart).to_have_attribute("data-interval", "1d")
    expect(chart).to_have_attribute("data-bars", "30")
    message = script.dashboard.page.locator("#chart-message")
    expect(message).to_be_hidden()
    script.dashboard.button("5m").click()
    expect(message).to_have_text("This feed has no bars shorter than 1d.")
    expect(chart).to_have_attribute("data-interval", "5m")
    script.dashboard.button("1w").click()
    expect(message).to_be_hidden()
    expect(chart).to_have_attribute("data-bars", "30")
    script.dashboard.button("1s").click()
    expect(message).to_have_text("This feed has no bars shorter than 1d.")


def test_a_feed_of_ten_minute_bars_starts_with_them(visit: Visit, silent: Stage) -> None:
    """The shortest kept interval that has them is 1h: 15 minutes are not made of whole bars."""
    lengths = {"10m": 600, "20m": 1_200, "30m": 1_800, "1h": 3_600, "2h": 7_200, "1d": DAY_S}
    history = {name: [bar(START + at * length, 100) for at in range(5)] for name, length in lengths.items()}
    script = Script(visit, silent.url, history=lambda interval: (history.get(interval, []), {}))
    expect(script.dashboard.chart).to_have_attribute("data-interval", "10m")
    script.dashboard.button("1m").click()
    message = script.dashboard.page.locator("#chart-message")
    expect(message).to_have_text("This feed has no bars shorter than 10m.")


def test_a_returning_user_also_starts_with_bars(visit: Visit, silent: Stage) -> None:
    """Whose last feed had trades; an interval with bars is kept."""
    script = Script(visit, silent.url, history=lambda _: ([bar(START, 1), bar(START + 300, 2)], {}))
    script.dashboard.button("5m").click()
    expect(script.dashboard.chart).to_have_attribute("data-bars", "2")
    script.history = daily
    script.dashboard.page.reload()
    expect(script.dashboard.chart).to_have_attribute("data-interval", "1d")


def test_a_market_that_has_just_begun_is_not_taken_for_one_of_daily_bars(visit: Visit, silent: Stage) -> None:
    """Its day has one bar, the open one; its minutes begin with the first trade."""
    script = Script(
        visit, silent.url, history=lambda interval: ([bar(START, 1, closed=False)] if interval == "1d" else [], {})
    )
    message = script.dashboard.page.locator("#chart-message")
    expect(message).to_have_text("No bars yet. The first trade creates one.")
    expect(script.dashboard.chart).to_have_attribute("data-interval", "1m")
    silent.trade("AAPL", 187.4)
    expect(message).to_be_hidden()
    expect(script.dashboard.chart).to_have_attribute("data-interval", "1m")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW["width"], 768, 1024, 1280, 1920])
def test_the_intervals_fit(visit: Visit, stage: Stage, scheme: str, width: int) -> None:
    """Beside each other, inside the chart's head."""
    dashboard = visit(stage.url + "/#AAPL", color_scheme=scheme, viewport={"width": width, "height": 800})
    dashboard.shows("AAPL", "last", 187.4)
    if width < 900:
        dashboard.cell("AAPL", "symbol").click()
    places = dashboard.page.locator("#intervals button, #intervals input").evaluate_all(
        "(all) => all.map((each) => each.getBoundingClientRect()).map(({ left, right, top }) => [left, right, top])"
    )
    assert len(places) == 10
    assert len({round(top) for _, _, top in places}) == 1
    assert all(right <= left + 0.5 for (_, right, _), (left, _, _) in itertools.pairwise(places))
    box = dashboard.chart.bounding_box()
    assert box is not None
    assert places[-1][1] <= box["x"] + box["width"]
    assert too_wide(dashboard) == 0

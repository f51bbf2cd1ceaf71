"""The replay bar controls the server's replay; chart and table follow."""

from __future__ import annotations

import math

from playwright.sync_api import Locator

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import OPENING_S, Replay, Server, snapshot


def slider(dashboard: Dashboard) -> Locator:
    return dashboard.replay.get_by_role("slider")


def seek(dashboard: Dashboard, part: float) -> None:
    """Drag the slider's handle to this fraction of its length."""
    box = slider(dashboard).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    dashboard.page.mouse.move(box["x"] + 8, middle)
    dashboard.page.mouse.down()
    dashboard.page.mouse.move(box["x"] + box["width"] * part / 2, middle)
    dashboard.page.mouse.move(box["x"] + box["width"] * part, middle)
    dashboard.page.mouse.up()


def price_at(second: float) -> float:
    """AAPL's price at that second of `write_history`."""
    return 100 + second / 100


def test_a_seek_moves_chart_and_table_together(visit: Visit, history: Replay) -> None:
    """Forwards and backwards: the table's price and the chart's last bar are those of the position."""
    dashboard = visit(history.url + "/#AAPL,MSFT")
    expect(dashboard.replay).to_be_visible()
    dashboard.button("Pause replay").click()
    expect(dashboard.replay).to_have_attribute("data-replay", "paused")
    dashboard.button("1m").click()
    for part in (0.8, 0.3):
        seek(dashboard, part)
        wanted = 1_800 * part
        shown = dashboard.shows("AAPL", "last", price_at(wanted), within=1.2)
        expect(dashboard.chart.locator("[data-ohlc]")).to_contain_text(f"{shown:.2f}")
        # One-minute bars up to the position, and none after it.
        minutes = math.floor((shown - 100) * 100 / 60)
        expect(dashboard.chart).to_have_attribute("data-bars", str(minutes + 1))
        position_s = int(dashboard.replay.get_attribute("data-position") or 0) / 1e9 - OPENING_S
        assert abs(position_s - wanted) < 120


def test_the_display_of_a_paused_replay_equals_the_snapshot(visit: Visit, history: Replay) -> None:
    dashboard = visit(history.url + "/#AAPL,MSFT")
    dashboard.button("Pause replay").click()
    expect(dashboard.replay).to_have_attribute("data-replay", "paused")
    seek(dashboard, 0.5)
    dashboard.shows("AAPL", "last", price_at(900), within=1.2)
    for symbol, values in snapshot(history.url).items():
        for field in ("last", "volume"):
            dashboard.shows(symbol, field, values[field], within=max(0.005, values[field] / 200))


def test_play_pause_and_step(visit: Visit, history: Replay) -> None:
    """A step plays one timestamp of the file."""
    dashboard = visit(history.url + "/#AAPL")
    dashboard.button("Pause replay").click()
    dashboard.until(lambda: history.status()["state"], lambda state: state == "paused")
    before = history.status()["position"]
    dashboard.button("Step").click()
    after = dashboard.until(lambda: history.status()["position"], lambda position: position > before)
    assert after - before <= 5 * 10**9
    dashboard.shows("AAPL", "last", price_at(after / 1e9 - OPENING_S), within=0.051)
    dashboard.button("Play").click()
    dashboard.until(lambda: history.status()["state"], lambda state: state == "playing")
    expect(dashboard.replay).to_have_attribute("data-replay", "playing")


def test_the_speed_is_set_on_the_server(visit: Visit, history: Replay) -> None:
    dashboard = visit(history.url + "/#AAPL")
    dashboard.replay.get_by_role("button", name="100×").click()
    dashboard.until(lambda: history.status()["speed"], lambda speed: speed == 100)
    before = dashboard.number("AAPL", "last") or 100.0
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda price: (price or 0) > before + 0.5)


def test_all_pages_share_the_replays_state(visit: Visit, history: Replay) -> None:
    one, other = visit(history.url + "/#AAPL"), visit(history.url + "/#AAPL")
    expect(other.replay).to_have_attribute("data-replay", "playing")
    one.button("Pause replay").click()
    expect(other.replay).to_have_attribute("data-replay", "paused")


def test_the_end_of_a_replay_is_shown(visit: Visit, history: Replay) -> None:
    """A replay that has ended can be played again from an earlier position."""
    history.do("speed", speed=0)
    dashboard = visit(history.url + "/#AAPL")
    expect(dashboard.badge).to_have_attribute("data-state", "ended")
    expect(dashboard.badge).to_contain_text("ended", ignore_case=True)
    dashboard.shows("AAPL", "last", price_at(1_795))
    dashboard.replay.get_by_role("button", name="0.5×").click()
    dashboard.until(lambda: history.status()["speed"], lambda speed: speed == 0.5)
    seek(dashboard, 0.2)
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda price: price is not None and price < price_at(600))


def test_without_a_replay_there_is_no_replay_bar(visit: Visit, a_market: Server) -> None:
    dashboard = visit(a_market.url + "/#AAPL")
    dashboard.live()
    expect(dashboard.replay).to_be_hidden()

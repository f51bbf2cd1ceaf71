"""The replay bar drives the server's replay; chart and table follow together."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Replaying, Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import OPENING_S, fetched, snapshot, write_history
from tests.support.processes import Server


@pytest.fixture
def history(tmp_path: Path, replaying: Replaying) -> Server:
    """Half an hour of two symbols, at its own pace: nothing hurries."""
    return replaying(write_history(tmp_path / "history.csv"), "--speed", "1")


def status(server: Server) -> Any:
    return fetched(server.url + "/v1/replay")


def slider(dashboard: Dashboard) -> Locator:
    return dashboard.replay.get_by_role("slider")


def seek(dashboard: Dashboard, part: float) -> None:
    """Drag the slider's handle to a part of its length."""
    box = slider(dashboard).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    dashboard.page.mouse.move(box["x"] + 8, middle)
    dashboard.page.mouse.down()
    dashboard.page.mouse.move(box["x"] + box["width"] * part / 2, middle)
    dashboard.page.mouse.move(box["x"] + box["width"] * part, middle)
    dashboard.page.mouse.up()


def price_at(second: float) -> float:
    """AAPL's price in that second of the history."""
    return 100 + second / 100


def test_a_seek_moves_chart_and_table_together(visit: Visit, history: Server) -> None:
    """Forwards and back: the table's price and the chart's last bar are those of that moment."""
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
        # One-minute bars up to the moment, and none behind it.
        minutes = math.floor((shown - 100) * 100 / 60)
        expect(dashboard.chart).to_have_attribute("data-bars", str(minutes + 1))
        position_s = int(dashboard.replay.get_attribute("data-position") or 0) / 1e9 - OPENING_S
        assert abs(position_s - wanted) < 120


def test_the_view_of_a_paused_replay_equals_the_snapshot(visit: Visit, history: Server) -> None:
    """A feed that stands still: every cell has the server's value."""
    dashboard = visit(history.url + "/#AAPL,MSFT")
    dashboard.button("Pause replay").click()
    expect(dashboard.replay).to_have_attribute("data-replay", "paused")
    seek(dashboard, 0.5)
    dashboard.shows("AAPL", "last", price_at(900), within=1.2)
    for symbol, values in snapshot(history.url).items():
        for field in ("last", "volume"):
            dashboard.shows(symbol, field, values[field], within=max(0.005, values[field] / 200))


def test_play_pause_and_step(visit: Visit, history: Server) -> None:
    """A step is one stamp of the file; playing goes on from there."""
    dashboard = visit(history.url + "/#AAPL")
    dashboard.button("Pause replay").click()
    dashboard.until(lambda: status(history)["state"], lambda state: state == "paused")
    before = status(history)["position"]
    dashboard.button("Step").click()
    after = dashboard.until(lambda: status(history)["position"], lambda position: position > before)
    assert after - before <= 5 * 10**9
    dashboard.shows("AAPL", "last", price_at(after / 1e9 - OPENING_S), within=0.051)
    dashboard.button("Play").click()
    dashboard.until(lambda: status(history)["state"], lambda state: state == "playing")
    expect(dashboard.replay).to_have_attribute("data-replay", "playing")


def test_a_speed_is_the_servers(visit: Visit, history: Server) -> None:
    """100× is asked for, and the prices run."""
    dashboard = visit(history.url + "/#AAPL")
    dashboard.replay.get_by_role("button", name="100×").click()
    dashboard.until(lambda: status(history)["speed"], lambda speed: speed == 100)
    before = dashboard.number("AAPL", "last") or 100.0
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda price: (price or 0) > before + 0.5)


def test_another_page_sees_what_one_does(visit: Visit, history: Server) -> None:
    """The replay is the server's: a pause here is a pause there."""
    one, other = visit(history.url + "/#AAPL"), visit(history.url + "/#AAPL")
    expect(other.replay).to_have_attribute("data-replay", "playing")
    one.button("Pause replay").click()
    expect(other.replay).to_have_attribute("data-replay", "paused")


def test_the_end_is_told(visit: Visit, tmp_path: Path, replaying: Replaying) -> None:
    """A replay that is over says so, and can be played again from an earlier moment."""
    server = replaying(write_history(tmp_path / "short.csv", minutes=1), "--speed", "0")
    dashboard = visit(server.url + "/#AAPL")
    expect(dashboard.badge).to_have_attribute("data-state", "ended")
    expect(dashboard.badge).to_contain_text("ended", ignore_case=True)
    dashboard.shows("AAPL", "last", 100.55)
    dashboard.replay.get_by_role("button", name="0.5×").click()
    dashboard.until(lambda: status(server)["speed"], lambda speed: speed == 0.5)
    seek(dashboard, 0.2)
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda price: price is not None and price < 100.3)


def test_without_a_replay_there_is_no_bar(visit: Visit, a_market: Server) -> None:
    """A live feed can't be wound back, and nothing says that it could."""
    dashboard = visit(a_market.url + "/#AAPL")
    dashboard.live()
    expect(dashboard.replay).to_be_hidden()

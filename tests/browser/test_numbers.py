"""Prices far from those of US equities: very small, very large, negative."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.conftest import Staging, Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.test_looks import NARROW, serious, too_wide

SMALL, LARGE = ("PEPE", "SHIB", "WEE"), ("IDR", "BRK.A", "AAPL")
COLUMNS = ["symbol", "last", "change", "change_pct", "bid", "ask", "spread", "volume", "low", "high", "vwap"]


def cut_off(dashboard: Dashboard) -> list[str]:
    """Texts of the rows and panels that are wider than their place, or overlap their neighbour."""
    found: list[str] = dashboard.page.evaluate(
        """() => {
          const wide = [];
          for (const node of document.querySelectorAll(
            ".rows .cell.price, .rows .cell.signed, .side b, .stats dd, .ticks b, #now-last"
          )) {
            const range = document.createRange();
            range.selectNodeContents(node);
            const text = range.getBoundingClientRect(), box = node.getBoundingClientRect();
            const isWide = text.width > box.width + 0.5 || text.left < box.left - 0.5;
            if (isWide) wide.push(`${node.className} ${node.id}: ${node.textContent}`);
          }
          return wide;
        }"""
    )
    return found


def show_columns(dashboard: Dashboard, columns: Sequence[str] = COLUMNS) -> None:
    dashboard.button("Columns").click()
    for box in dashboard.page.locator("[data-column]").all():
        box.set_checked(box.get_attribute("data-column") in columns)
    dashboard.page.keyboard.press("Escape")


def downloaded(dashboard: Dashboard) -> dict[str, dict[str, str]]:
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return {row["symbol"]: row for row in csv.DictReader(io.StringIO(text))}


def test_small_prices_are_shown_and_saved(visit: Visit, staging: Staging) -> None:
    """In the list, header, quote, trades, legend and CSV."""
    stage = staging(*SMALL)
    stage.play(
        ("trade", "PEPE", 0.00001234, 1_000_000),
        ("quote", "PEPE", 0.00001233, 5_000, 0.00001235, 7_000),
        ("trade", "SHIB", 8.12e-6, 0.00000001),
        ("trade", "WEE", 1.5e-9, 10),
    )
    dashboard = visit(stage.url + "/#PEPE,SHIB,WEE")
    expect(dashboard.cell("PEPE", "last")).to_have_text("0.00001234")
    expect(dashboard.cell("PEPE", "bid")).to_have_text("0.00001233")
    expect(dashboard.cell("SHIB", "last")).to_have_text("0.00000812")
    expect(dashboard.cell("WEE", "last")).to_have_text("0.0000000015")
    dashboard.chart.get_by_role("button", name="1d", exact=True).click()
    for place in ("#now-last", "#stats", "#ticks li:first-child", "[data-ohlc]"):
        expect(dashboard.page.locator(place)).to_contain_text("0.00001234")
    expect(dashboard.page.locator("#ask")).to_have_text("0.00001235")
    stage.trade("PEPE", 0.00001236)
    expect(dashboard.page.locator("#now-change")).to_contain_text("+0.00000002")
    assert cut_off(dashboard) == []
    rows = downloaded(dashboard)
    assert [rows[name]["last"] for name in SMALL] == ["0.00001236", "0.00000812", "0.0000000015"]
    assert float(rows["PEPE"]["bid"]) == 0.00001233


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, NARROW], ids=["wide", "narrow"])
def test_large_prices_stay_in_their_columns(visit: Visit, staging: Staging, viewport: dict[str, int]) -> None:
    stage = staging(*LARGE)
    stage.play(
        ("trade", "IDR", 45_123_456_789.25, 10),
        ("quote", "IDR", 45_123_456_788, 1, 45_123_456_790.5, 1),
        ("trade", "BRK.A", 1_234_567.89, 10),
        ("quote", "BRK.A", 1_234_567.5, 1, 1_234_568.25, 1),
        ("trade", "AAPL", 187.4, 10),
    )
    dashboard = visit(stage.url + "/#IDR,BRK.A,AAPL", viewport=viewport)
    expect(dashboard.cell("IDR", "last")).to_have_text("45,123,456,789.25")
    expect(dashboard.cell("BRK.A", "last")).to_have_text("1,234,567.89")
    stage.play(("trade", "IDR", 55_123_456_789.25, 10), ("trade", "BRK.A", 1_234_667.89, 10))
    expect(dashboard.cell("IDR", "last")).to_have_text("55,123,456,789.25")
    if viewport is NARROW:
        assert cut_off(dashboard) == []
        dashboard.cell("IDR", "symbol").click()
    else:
        show_columns(dashboard)
        expect(dashboard.cell("IDR", "change")).to_have_text("+10,000,000,000.00")
    expect(dashboard.page.locator("#ticks li").first).to_contain_text("55,123,456,789.25")
    expect(dashboard.page.locator("#ask")).to_have_text("45,123,456,790.50")
    assert cut_off(dashboard) == []
    assert too_wide(dashboard) == 0
    assert serious(dashboard) == []


def test_negative_prices_have_the_right_sign_and_direction(visit: Visit, staging: Staging) -> None:
    """A rise from below zero is a rise."""
    stage = staging("CL", "NG", negative_prices=True)
    stage.play(("trade", "CL", -40, 10), ("quote", "CL", -40.5, 1, -39.5, 1), ("trade", "NG", -1, 1))
    dashboard = visit(stage.url + "/#CL,NG")
    expect(dashboard.cell("CL", "last")).to_have_text("\N{MINUS SIGN}40.00")
    expect(dashboard.cell("CL", "bid")).to_have_text("\N{MINUS SIGN}40.50")
    dashboard.chart.get_by_role("button", name="1d", exact=True).click()
    legend = dashboard.chart.locator("[data-ohlc]")
    stage.trade("CL", -37.63)
    expect(dashboard.cell("CL", "last")).to_have_text("\N{MINUS SIGN}37.63")
    expect(dashboard.cell("CL", "last")).to_have_attribute("data-way", "up")
    expect(dashboard.cell("CL", "change_pct")).to_have_text("+5.93%")
    expect(dashboard.cell("CL", "change_pct")).to_have_attribute("data-way", "up")
    expect(dashboard.page.locator("#now-change")).to_have_text("+2.37  +5.93%")
    expect(legend).to_contain_text("O \N{MINUS SIGN}40.00   H \N{MINUS SIGN}37.63   L \N{MINUS SIGN}40.00")
    expect(legend).to_contain_text("+5.93%")
    expect(legend).to_have_attribute("data-way", "up")
    stage.trade("CL", -44)
    expect(dashboard.cell("CL", "change_pct")).to_have_text("\N{MINUS SIGN}10.00%")
    expect(legend).to_have_attribute("data-way", "down")
    assert downloaded(dashboard)["CL"]["last"] == "-44"
    dashboard.page.get_by_label("Price of the alert").fill("-37.5")
    dashboard.button("Add alert").click()
    expect(dashboard.page.locator("#alert-list")).to_contain_text("\N{MINUS SIGN}37.50")

"""Revised and incomplete bars, splits; late, cancelled and corrected trades. The stream's messages are scripted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.conftest import Staging, Visit
from tests.browser.expecting import expect
from tests.browser.scripted import SECOND_NS, Row, Script, bar
from tests.browser.serving import Stage
from tests.browser.test_looks import NARROW, serious, too_wide

#: 2024-01-16 15:00 UTC.
START = 1_705_417_200
NO_PRICES: Row = [None, None, None, None, 0, None, None]


@pytest.fixture
def silent(staging: Staging) -> Stage:
    """A server without prices: all bars and trades are the test's."""
    return staging("AAPL")


def minutes(*closes: float) -> list[Row]:
    return [bar(START + 60 * at, close) for at, close in enumerate(closes)]


def open_chart(visit: Visit, silent: Stage, rows: list[Row], more: dict[str, Any] | None = None, **how: Any) -> Script:
    """With the 1-minute bars ``rows``."""
    script = Script(
        visit,
        silent.url,
        history=lambda interval: (rows if interval == "1m" else (), more or {}),
        timezone_id="UTC",
        **how,
    )
    expect(script.dashboard.chart).to_have_attribute("data-bars", str(len(rows)))
    return script


def legend_of(script: Script, clock: str, wanted: str) -> str:
    """The legend of the bar that begins at ``clock``, once it has ``wanted``: move the mouse over the last bars."""
    box = script.dashboard.page.locator("#canvas").bounding_box()
    assert box is not None
    return script.dashboard.until(
        lambda: next(
            (
                text
                for x in range(int(box["width"]) - 80, int(box["width"]) - 240, -5)
                if clock in (text := script.hover(x)) and wanted in text
            ),
            "",
        ),
        bool,
    )


def test_a_revised_bar_is_redrawn_in_place(visit: Visit, silent: Stage) -> None:
    """The page subscribes with revisions. An older revision that comes later changes nothing."""
    script = open_chart(visit, silent, minutes(100, 101, 102, 103))
    assert legend_of(script, "15:01:00", "C 101.00")
    script.send_bars("1m", [*bar(START + 60, 150)[:-1], True, 1, False])
    assert legend_of(script, "15:01:00", "C 150.00")
    script.send_bars("1m", [*bar(START + 60, 140)[:-1], True, 0, False])
    script.send_bars("1m", [*bar(START + 120, 130)[:-1], True, 2, False])
    assert legend_of(script, "15:02:00", "C 130.00")
    assert legend_of(script, "15:01:00", "C 150.00")
    expect(script.dashboard.chart).to_have_attribute("data-bars", "4")


def test_a_bar_without_trades_disappears(visit: Visit, silent: Stage) -> None:
    script = open_chart(visit, silent, minutes(100, 101, 102, 103))
    script.send_bars("1m", [(START + 180) * SECOND_NS, *NO_PRICES, True, 1, False])
    expect(script.dashboard.chart).to_have_attribute("data-bars", "3")
    script.send_bars("1m", [(START + 60) * SECOND_NS, *NO_PRICES, True, 1, False])
    expect(script.dashboard.chart).to_have_attribute("data-bars", "2")
    expect(script.dashboard.chart.locator("[data-ohlc]")).to_contain_text("C 102.00")
    script.send_bars("1m", [*bar(START + 60, 55)[:-1], True, 2, False])
    expect(script.dashboard.chart).to_have_attribute("data-bars", "3")
    assert legend_of(script, "15:01:00", "C 55.00")


def test_incomplete_bars_are_muted_and_say_so(visit: Visit, silent: Stage) -> None:
    """Of the history and live; also for eyes that see no colours."""
    rows = minutes(100, 101, 102)
    script = open_chart(visit, silent, rows, {"incomplete": [rows[1][0]], "revised": {str(rows[2][0]): 1}})
    legend = script.dashboard.chart.locator("[data-ohlc]")
    expect(legend).not_to_contain_text("incomplete")
    assert legend_of(script, "15:01:00", "incomplete: trades are missing")
    expect(legend).to_have_attribute("data-incomplete", "yes")
    script.dashboard.page.mouse.move(0, 0)
    script.dashboard.errors.expected.append("willReadFrequently")
    before = muted_pixels(script)
    script.send_bars("1m", [*bar(START + 180, 103)[:-1], False, 0, True])
    expect(legend).to_contain_text("incomplete: trades are missing")
    script.dashboard.until(lambda: muted_pixels(script), lambda pixels: pixels > before)


def muted_pixels(script: Script) -> int:
    """The number of the chart's pixels in the muted colour, above the time scale."""
    count: int = script.dashboard.chart.locator("canvas").first.evaluate(
        """(canvas) => {
          const probe = document.body.appendChild(document.createElement("i"));
          probe.style.color = "var(--muted)";
          const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
          probe.remove();
          const { data } = canvas.getContext("2d").getImageData(0, 40, canvas.width, canvas.height - 40);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) {
            count += data[at] === r && data[at + 1] === g && data[at + 2] === b;
          }
          return count;
        }"""
    )
    return count


def test_splits_are_marked_on_the_chart(visit: Visit, silent: Stage) -> None:
    rows = minutes(400, 404, 101, 1_010)
    script = open_chart(visit, silent, rows, {"splits": [[rows[2][0], 4], [rows[3][0] + 5 * SECOND_NS, 0.1]]})
    expect(script.dashboard.chart).to_have_attribute("data-splits", "4:1 1:10")
    texts = "() => window.drawnTexts().filter((text) => text.startsWith('split'))"
    script.dashboard.until(
        lambda: set(script.dashboard.page.evaluate(texts)), lambda found: found == {"split 4:1", "split 1:10"}
    )


def send_trades(script: Script, *rows: Row) -> None:
    """After the answer to the page's subscribe."""
    script.until_subscribed("trades")
    script.number = getattr(script, "number", 0) + len(rows)  # type: ignore[attr-defined]
    number: int = script.number  # type: ignore[attr-defined]
    script.send(type="trades", since=number - len(rows), version=number, data=rows)


def test_conditions_late_cancelled_and_corrected_trades(visit: Visit, silent: Stage) -> None:
    script = open_chart(visit, silent, minutes(100, 101))
    lines = script.dashboard.page.locator("#ticks li")
    now = time.time_ns() // SECOND_NS * SECOND_NS
    send_trades(
        script,
        ["AAPL", now, 187.4, 100, [], 1, None],
        ["AAPL", now + 1, 258.03, 100, ["@", "T"], 2, None],
        ["AAPL", now - SECOND_NS, 187.1, 50, [], 3, "late"],
        ["AAPL", now + 2, 187.5, 10, ["<b>I</b>"], 4, None],
    )
    expect(lines.locator("b")).to_have_text(["187.50", "187.10", "258.03", "187.40"])
    expect(lines.locator(".marks")).to_have_text(["<b>I</b>", "late", "@ T", ""])
    expect(lines.nth(1)).to_have_attribute("title", "Late: older than the newest trade before it.")
    expect(lines.nth(2)).to_have_attribute("title", "Conditions: @, T.")
    send_trades(script, ["AAPL", now + 1, 258.03, 100, ["@", "T"], 2, "cancel"])
    expect(lines.nth(2).locator(".marks")).to_have_text("cancelled @ T")
    struck = "(node) => getComputedStyle(node).textDecorationLine"
    assert lines.nth(2).locator("b").evaluate(struck) == "line-through"
    assert lines.nth(3).locator("b").evaluate(struck) == "none"
    expect(lines.nth(0)).to_have_attribute(
        "data-way", "up"
    )  # from 187.40: neither the cancelled nor the late one counts
    send_trades(script, ["AAPL", now + 2, 187.2, 12, [], 4, "correct"])
    expect(lines.nth(0).locator("b")).to_have_text("187.20")
    expect(lines.nth(0).locator(".marks")).to_have_text("corrected")
    expect(lines.nth(0)).to_have_attribute("title", "Corrected; it was 187.50, size 10.")
    expect(lines.nth(0)).to_have_attribute("data-way", "down")
    expect(lines).to_have_count(4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, NARROW], ids=["wide", "narrow"])
def test_marked_trades_are_accessible(visit: Visit, silent: Stage, scheme: str, viewport: dict[str, int]) -> None:
    script = open_chart(visit, silent, minutes(100, 101), color_scheme=scheme, viewport=viewport)
    now = time.time_ns()
    send_trades(
        script,
        ["AAPL", now, 187.4, 100, ["Odd Lot Trade", "Intermarket Sweep"], 1, None],
        ["AAPL", now - 5, 45_123_456_789.25, 1_000_000, ["W"], 2, "late"],
        ["AAPL", now, 187.4, 100, ["Odd Lot Trade"], 1, "cancel"],
    )
    if viewport is NARROW:
        script.dashboard.cell("AAPL", "symbol").click()
    expect(script.dashboard.page.locator("#ticks li").last).to_contain_text("cancelled")
    assert serious(script.dashboard) == []
    assert too_wide(script.dashboard) == 0


def test_the_page_subscribes_with_revisions(visit: Visit, stage: Stage) -> None:
    dashboard = visit("about:blank")
    sent: list[str] = []
    dashboard.page.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(str(payload))))
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    for channel in ("trades", "bars"):
        subscribes = [text for text in sent if '"subscribe"' in text and f'"{channel}"' in text]
        assert subscribes
        assert all('"revisions":true' in text for text in subscribes)


def test_a_servers_cancelled_and_corrected_trades(visit: Visit, staging: Staging) -> None:
    """In the list of trades, the list of prices, and the day's bar."""
    stage = staging("AAPL")
    stage.play(("print", "AAPL", 187.4, 100, 1, ("@",), 0))
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.chart.get_by_role("button", name="1d", exact=True).click()
    legend, lines = dashboard.chart.locator("[data-ohlc]"), dashboard.page.locator("#ticks li")
    stage.play(("print", "AAPL", 258.03, 100, 2, ("@", "T"), 0))
    expect(lines.locator("b")).to_have_text(["258.03", "187.40"])
    expect(lines.locator(".marks")).to_have_text(["@ T", "@"])
    expect(legend).to_contain_text("H 258.03")
    stage.play(("correct", "AAPL", 2, None, 0))
    expect(lines.first).to_have_attribute("data-state", "cancelled")
    expect(legend).to_contain_text("H 187.40")
    expect(dashboard.page.locator("#stats")).to_contain_text("High187.40")
    stage.play(("correct", "AAPL", 1, 187.5, 300))
    expect(lines.last.locator("b")).to_have_text("187.50")
    expect(lines.last.locator(".marks")).to_have_text("corrected")
    expect(legend).to_contain_text("C 187.50")
    dashboard.shows("AAPL", "volume", 300)


def test_a_servers_late_trade_revises_its_bar(visit: Visit, staging: Staging) -> None:
    """Seconds after the bar has closed."""
    stage = staging("AAPL")
    stage.play(("print", "AAPL", 100, 10, 1, (), 30), ("print", "AAPL", 101, 10, 2, (), 25))
    stage.play(("print", "AAPL", 102, 10, 3, (), 0))
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 102)
    lines = dashboard.page.locator("#ticks li")
    expect(lines).to_have_count(3)
    expect(dashboard.chart).to_have_attribute("data-interval", "1s")
    before = dashboard.until(lambda: int(dashboard.chart.get_attribute("data-bars") or 0), lambda count: count >= 3)
    stage.play(("print", "AAPL", 90, 10, 4, (), 15))
    expect(lines.first).to_have_attribute("data-state", "late")
    expect(dashboard.chart).to_have_attribute("data-bars", str(before + 1))
    dashboard.shows("AAPL", "last", 102)
    dashboard.shows("AAPL", "volume", 40)


def test_a_split_is_marked_while_the_page_is_open(visit: Visit, staging: Staging) -> None:
    stage = staging("AAPL")
    stage.play(("print", "AAPL", 400, 10, 1, (), 90_000), ("print", "AAPL", 404, 10, 2, (), 0))
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "change_pct", 1)
    stage.play(("split", "AAPL", 4), ("print", "AAPL", 101, 10, 3, (), 0))
    expect(dashboard.chart).to_have_attribute("data-splits", "4:1")
    dashboard.shows("AAPL", "change_pct", 1)

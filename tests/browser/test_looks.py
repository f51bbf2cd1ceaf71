"""Themes, colours, small screens, the keyboard, and accessibility."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
NARROW = {"width": 390, "height": 844}


def background_lightness(dashboard: Dashboard) -> float:
    """0 is black, 255 white."""
    colour: str = dashboard.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3


def test_the_page_follows_the_systems_theme(visit: Visit, stage: Stage) -> None:
    dark = visit(stage.url + "/#AAPL", color_scheme="dark")
    light = visit(stage.url + "/#AAPL", color_scheme="light")
    dark.live()
    light.live()
    assert background_lightness(dark) < 80
    assert background_lightness(light) > 200


def test_the_theme_setting_overrides_the_system(visit: Visit, stage: Stage) -> None:
    """Also after a reload."""
    dashboard = visit(stage.url + "/#AAPL", color_scheme="light")
    dashboard.live()
    button = dashboard.page.get_by_role("button", name="theme").first
    for _ in range(3):
        if background_lightness(dashboard) < 80:
            break
        button.click()
    assert background_lightness(dashboard) < 80
    dashboard.page.reload()
    dashboard.live()
    assert background_lightness(dashboard) < 80


def test_the_colours_can_be_blue_and_orange(visit: Visit, stage: Stage) -> None:
    """For users who can't distinguish green and red; the setting survives a reload."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    before = up_colour(dashboard)
    dashboard.page.get_by_role("button", name="colours").click()
    after = dashboard.until(lambda: up_colour(dashboard), lambda colour: colour != before)
    dashboard.page.reload()
    dashboard.live()
    assert up_colour(dashboard) == after


def up_colour(dashboard: Dashboard) -> str:
    colour: str = dashboard.page.evaluate("() => getComputedStyle(document.documentElement).getPropertyValue('--up')")
    return colour


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, NARROW], ids=["wide", "narrow"])
def test_the_page_is_accessible(visit: Visit, a_market: Server, scheme: str, viewport: dict[str, int]) -> None:
    """axe-core finds nothing serious in contrast, names, roles and focus."""
    dashboard = visit(a_market.url + "/#AAPL,MSFT,NVDA,TSLA", color_scheme=scheme, viewport=viewport)
    dashboard.live()
    dashboard.until(lambda: dashboard.number("AAPL", "last"), lambda shown: shown is not None)
    assert serious(dashboard) == []


def test_the_help_dialog_is_accessible(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.page.locator("body").press("?")
    dialog = dashboard.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert serious(dashboard) == []
    dashboard.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def serious(dashboard: Dashboard) -> list[str]:
    """Serious and critical findings of axe-core, which is injected through the debugger."""
    # axe-core creates a style element, which the page's policy blocks.
    dashboard.errors.expected += ["style-src", "TrustedHTML", "TrustedScript"]
    dashboard.page.evaluate(AXE.read_text() + "; undefined")
    found: dict[str, Any] = dashboard.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['impact']}: {violation['help']}: {json.dumps([node['html'] for node in violation['nodes'][:3]])}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]


def test_on_a_phone_the_chart_covers_the_list(visit: Visit, stage: Stage) -> None:
    """At 390 px a tap on a row opens the chart, and a button closes it."""
    dashboard = visit(stage.url + "/#AAPL,MSFT", viewport=NARROW, has_touch=True)
    dashboard.shows("AAPL", "last", 187.4)
    box = dashboard.row("AAPL").bounding_box()
    assert box is not None
    assert box["width"] > 300
    expect(dashboard.chart).not_to_be_in_viewport()
    dashboard.cell("MSFT", "symbol").tap()
    expect(dashboard.chart).to_be_in_viewport(ratio=0.8)
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    dashboard.button("Back to the list").click()
    expect(dashboard.chart).not_to_be_in_viewport()
    assert too_wide(dashboard) == 0


@pytest.mark.parametrize("width", [390, 768, 1024, 1920])
def test_the_page_does_not_scroll_sideways(visit: Visit, stage: Stage, width: int) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA", viewport={"width": width, "height": 800})
    dashboard.live()
    assert too_wide(dashboard) == 0


def too_wide(dashboard: Dashboard) -> int:
    pixels: int = dashboard.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return max(0, pixels)


def test_the_watchlist_works_with_the_keyboard(visit: Visit, stage: Stage) -> None:
    """/ focuses the box, Enter adds, arrows select, Delete removes, Escape leaves the box."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("AAPL", "last", 187.4)
    keyboard = dashboard.page.keyboard
    dashboard.page.locator("body").press("/")
    expect(dashboard.page.get_by_role("combobox").first).to_be_focused()
    keyboard.type("NVDA")
    keyboard.press("Enter")
    expect(dashboard.row("NVDA")).to_be_visible()
    keyboard.press("Escape")
    dashboard.cell("NVDA", "symbol").click()
    keyboard.press("ArrowDown")
    expect(dashboard.row("AAPL")).to_have_attribute("aria-selected", "true")
    keyboard.press("ArrowDown")
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")
    keyboard.press("Delete")
    expect(dashboard.row("MSFT")).to_have_count(0)


def test_shortcuts_are_text_in_an_input(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    box = dashboard.page.get_by_role("combobox").first
    box.press_sequentially("A ?")
    expect(box).to_have_value("A ?")
    expect(dashboard.page.get_by_role("dialog")).to_be_hidden()
    dashboard.live()

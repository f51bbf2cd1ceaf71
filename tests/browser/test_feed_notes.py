"""The sign for what the feed assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Staging, Visit
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage
from tests.browser.test_looks import NARROW, serious, too_wide
from ticker.calendar import market_calendar

NOTES = (
    "no zone in the file: taken as UTC; --time-zone names another",
    "<img src=x onerror=alert(1)> is the name of a column",
    "refused 3 of 45,031 rows: high below low",
)


@pytest.fixture
def noted(staging: Staging) -> Stage:
    stage = staging("AAPL", "MSFT", notes=NOTES, calendar=market_calendar("forex"), title="trades of day.csv")
    stage.trade("AAPL", 187.4)
    return stage


def test_a_feed_without_notes_has_no_sign(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    expect(dashboard.page.locator("#notes-button")).to_be_hidden()


def test_the_sign_opens_the_notes_as_text(visit: Visit, noted: Stage) -> None:
    dashboard = visit(noted.url + "/#AAPL")
    button = dashboard.button("3 notes on the feed")
    expect(button).to_have_text("3")
    button.click()
    notes = dashboard.page.get_by_role("dialog", name="Notes on the feed")
    expect(notes.get_by_role("listitem")).to_have_text(list(NOTES))
    expect(notes.locator("img")).to_have_count(0)
    expect(notes).to_contain_text("trades of day.csv")
    expect(notes).to_contain_text("Trading days begin at 17:00 the evening before, America/New_York.")
    button.click()
    expect(notes).to_be_hidden()


def test_the_notes_open_and_close_with_the_keyboard(visit: Visit, noted: Stage) -> None:
    """They take the focus, so that arrow keys scroll them, and give it back."""
    dashboard = visit(noted.url + "/#AAPL,MSFT")
    button = dashboard.button("3 notes on the feed")
    notes = dashboard.page.get_by_role("dialog", name="Notes on the feed")
    button.focus()
    dashboard.page.keyboard.press("Enter")
    expect(notes).to_be_focused()
    dashboard.page.keyboard.press("ArrowDown")
    expect(dashboard.row("AAPL")).to_have_attribute("aria-selected", "true")
    dashboard.page.keyboard.press("Escape")
    expect(notes).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, NARROW], ids=["wide", "narrow"])
def test_the_notes_are_accessible(visit: Visit, noted: Stage, scheme: str, viewport: dict[str, int]) -> None:
    dashboard = visit(noted.url + "/#AAPL,MSFT", color_scheme=scheme, viewport=viewport)
    dashboard.button("3 notes on the feed").click()
    notes = dashboard.page.get_by_role("dialog", name="Notes on the feed")
    expect(notes).to_be_in_viewport(ratio=1)
    assert serious(dashboard) == []
    assert too_wide(dashboard) == 0


def test_opened_notes_are_up_to_date(visit: Visit, noted: Stage) -> None:
    """The page asks again when the notes are opened: the feed may have found more."""
    dashboard = visit("about:blank")
    answers = [["first"], ["first", "second"]]
    dashboard.page.route(
        "**/v1/feed", lambda route: route.fulfill(json={"notes": answers.pop(0) if len(answers) > 1 else answers[0]})
    )
    dashboard.page.goto(noted.url + "/#AAPL")
    dashboard.button("1 note on the feed").click()
    notes = dashboard.page.get_by_role("dialog", name="Notes on the feed")
    expect(notes.get_by_role("listitem")).to_have_text(["first", "second"])
    expect(dashboard.button("2 notes on the feed")).to_be_visible()


def test_what_a_file_leaves_open_is_noted(visit: Visit, tmp_path: Path) -> None:
    """From the file to the page."""
    path = tmp_path / "BTC_USDT.csv"
    path.write_text("timestamp,price,size\n2024-01-03 10:00:00,0.00001234,5\n2024-01-03 10:00:01,0.00001235,5\n")
    with Server("--feed", "csv", "--path", str(path), "--speed", "0") as server:
        dashboard = visit(server.url)
        dashboard.page.locator("#notes-button").click()
        notes = dashboard.page.get_by_role("dialog", name="Notes on the feed")
        expect(notes).to_contain_text("no zone in the file: taken as UTC")
        expect(notes).to_contain_text("BTC_USDT")
        expect(notes).to_contain_text("Trading days begin at midnight UTC.")
        dashboard.page.goto("about:blank")  # before the server stops, or the page logs errors

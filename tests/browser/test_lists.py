"""Lists with other servers and windows, undo, and limits."""

from __future__ import annotations

from tests.browser.conftest import Staging, Visit
from tests.browser.dashboard import Dashboard
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage
from tests.support.ports import own_port
from ticker.wire.limits import Limits


def press_undo(dashboard: Dashboard) -> None:
    dashboard.page.get_by_role("button", name="Undo").last.click()


def test_an_unedited_list_has_the_symbols_of_the_current_server(visit: Visit) -> None:
    """Another server on the same port replaces the list."""
    with Stage(("AAPL", "MSFT"), port=own_port()) as first:
        dashboard = visit(first.url)
        expect(dashboard.rows).to_have_count(2)
        port = first.port
        dashboard.page.goto("about:blank")
    with Stage(("EURUSD", "USDJPY", "GBPUSD"), port) as second:
        dashboard.page.goto(second.url)
        expect(dashboard.rows).to_have_count(3)
        assert dashboard.symbols() == ["EURUSD", "USDJPY", "GBPUSD"]
        dashboard.page.goto("about:blank")  # an open page would log errors when the server stops


def test_unknown_symbols_can_be_removed(visit: Visit, stage: Stage) -> None:
    """A banner offers to remove them or to show all symbols."""
    dashboard = visit(stage.url + "/#EURUSD,USDJPY,GBPUSD,AAPL")
    banner = dashboard.page.locator("#unknown-symbols")
    expect(banner).to_contain_text("3 of these 4 symbols")
    dashboard.button("Remove them").click()
    expect(dashboard.rows).to_have_count(1)
    expect(banner).to_be_hidden()
    press_undo(dashboard)
    expect(dashboard.rows).to_have_count(4)
    dashboard.button("Show all symbols").click()
    dashboard.shows("NVDA", "last", 902)
    expect(banner).to_be_hidden()


def test_two_windows_share_lists_and_alerts(visit: Visit, stage: Stage) -> None:
    """A change in one window appears in the other, and is not undone when that saves."""
    one = visit(stage.url + "/#AAPL")
    one.shows("AAPL", "last", 187.4)
    two = visit(stage.url + "/#AAPL", beside=one)
    two.shows("AAPL", "last", 187.4)
    two.add("MSFT")
    expect(one.row("MSFT")).to_be_visible()
    one.add("NVDA")
    expect(two.row("NVDA")).to_be_visible()
    two.page.get_by_label("Price of the alert").fill("500")
    two.button("Add alert").click()
    expect(one.page.locator("[data-alert]")).to_contain_text("500")
    one.page.reload()
    expect(one.rows).to_have_count(3)
    expect(one.page.locator("[data-alert]")).to_contain_text("500")


def test_removing_a_symbol_and_deleting_a_list_can_be_undone(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    expect(dashboard.rows).to_have_count(3)
    dashboard.row("MSFT").hover()
    dashboard.button("Remove MSFT").click()
    expect(dashboard.row("MSFT")).to_have_count(0)
    press_undo(dashboard)
    expect(dashboard.row("MSFT")).to_have_count(1)
    dashboard.page.mouse.move(0, 0)
    dashboard.until(dashboard.symbols, lambda shown: shown == ["AAPL", "MSFT", "NVDA"])
    dashboard.button("Manage lists").click()
    dashboard.button("Delete list").click()
    expect(dashboard.row("MSFT")).to_have_count(1)  # the first visitor's list has all symbols
    selected = dashboard.page.locator("#list option:checked")
    expect(selected).to_have_text("Watchlist")
    press_undo(dashboard)
    expect(selected).to_have_text("From a link")
    assert dashboard.symbols() == ["AAPL", "MSFT", "NVDA"]


def test_symbols_over_the_servers_limit_are_marked(visit: Visit, staging: Staging) -> None:
    """The first symbols of the list have prices."""
    symbols = [f"S{number:02}" for number in range(30)]
    stage = staging(*symbols, limits=Limits(symbols=10))
    stage.play(*(("trade", symbol, 5, 1) for symbol in symbols))
    dashboard = visit(stage.url)
    expect(dashboard.page.locator("[role=row][data-note=too-many-symbols]").first).to_be_visible()
    for symbol in dashboard.symbols()[:10]:
        dashboard.shows(symbol, "last", 5)


def test_adding_a_listed_symbol_scrolls_to_it(visit: Visit, a_market: Server) -> None:
    dashboard = visit(a_market.url)
    dashboard.live()
    dashboard.page.locator("#list").select_option("All symbols")
    expect(dashboard.page.locator("#count")).to_contain_text("1000 symbols")
    last = dashboard.page.evaluate("() => fetch('/v1/symbols').then((answer) => answer.json())")["symbols"][-1]
    expect(dashboard.row(last)).to_have_count(0)
    dashboard.add(last)
    expect(dashboard.row(last)).to_be_in_viewport()


def test_sorting_with_the_keyboard_keeps_the_focus(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    head = dashboard.header("last")
    head.get_by_role("button").focus()
    dashboard.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    dashboard.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert dashboard.symbols() == ["MSFT", "AAPL", "NVDA"]


def test_on_a_small_screen_the_csv_download_is_in_a_menu(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL", viewport={"width": 390, "height": 844})
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Manage lists").click()
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")

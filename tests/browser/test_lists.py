"""Lists over time and windows: other servers, other windows, undoing, and more symbols than there may be."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage
from tests.support.processes import Server


def press_undo(dashboard: Dashboard) -> None:
    dashboard.page.get_by_role("button", name="Undo").last.click()


def test_a_list_that_nobody_chose_is_filled_anew_by_another_server(visit: Visit) -> None:
    """A market one day and a file the next, on one port: there is something to see each time."""
    with Stage(("AAPL", "MSFT")) as first:
        dashboard = visit(first.url)
        expect(dashboard.rows).to_have_count(2)
        port = first.port
        dashboard.page.goto("about:blank")
    with Stage(("EURUSD", "USDJPY", "GBPUSD"), port) as second:
        dashboard.page.goto(second.url)
        expect(dashboard.rows).to_have_count(3)
        assert dashboard.symbols() == ["EURUSD", "USDJPY", "GBPUSD"]
        dashboard.page.goto("about:blank")  # it would complain of a server that goes


def test_a_list_of_which_nothing_is_offered_has_a_way_out(visit: Visit, stage: Stage) -> None:
    """It says so once, and shows what there is, or takes out what isn't."""
    dashboard = visit(stage.url + "/#EURUSD,USDJPY,GBPUSD,AAPL")
    told = dashboard.page.locator("#absent")
    expect(told).to_contain_text("does not offer 3 of these 4 symbols")
    dashboard.button("Remove them").click()
    expect(dashboard.rows).to_have_count(1)
    expect(told).to_be_hidden()
    press_undo(dashboard)
    expect(dashboard.rows).to_have_count(4)
    dashboard.button("Show all symbols").click()
    dashboard.shows("NVDA", "last", 902)
    expect(told).to_be_hidden()


def test_two_windows_have_the_same_lists_and_alerts(visit: Visit, stage: Stage) -> None:
    """What one adds is in the other, which doesn't undo it when it saves its own."""
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


def test_a_removed_symbol_and_a_deleted_list_come_back(visit: Visit, stage: Stage) -> None:
    """A click beside what was meant costs nothing."""
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
    expect(dashboard.row("MSFT")).to_have_count(1)  # the first visitor's, which has all of them
    chosen = dashboard.page.locator("#list option:checked")
    expect(chosen).to_have_text("Watchlist")
    press_undo(dashboard)
    expect(chosen).to_have_text("From a link")
    assert dashboard.symbols() == ["AAPL", "MSFT", "NVDA"]


def test_a_server_that_gives_few_symbols_gives_those(visit: Visit) -> None:
    """The first ones of the list live, and the others say why they don't."""
    with Server("--seed", "7", "--count", "30", "--max-symbols", "10") as server:
        dashboard = visit(server.url)
        expect(dashboard.rows.first).to_be_visible()
        beyond = dashboard.page.locator("[role=row][data-note=too-many-symbols]")
        dashboard.until(beyond.count, lambda count: count > 0)
        first, *_ = dashboard.symbols()
        dashboard.until(lambda: dashboard.number(first, "last"), lambda shown: shown is not None)
        dashboard.page.goto("about:blank")


def test_what_is_chosen_elsewhere_is_scrolled_to(visit: Visit, a_market: Server) -> None:
    """Adding what is far down in the list already: it is shown where it stands."""
    dashboard = visit(a_market.url)
    dashboard.live()
    dashboard.page.locator("#list").select_option("All symbols")
    expect(dashboard.page.locator("#count")).to_contain_text("1000 symbols")
    last = dashboard.page.evaluate("() => fetch('/v1/symbols').then((answer) => answer.json())")["symbols"][-1]
    expect(dashboard.row(last)).to_have_count(0)
    dashboard.add(last)
    expect(dashboard.row(last)).to_be_in_viewport()


def test_sorting_by_keys_stays_on_the_column(visit: Visit, stage: Stage) -> None:
    """The head is made anew with each order, and keeps the focus."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    head = dashboard.header("last")
    head.get_by_role("button").focus()
    dashboard.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    dashboard.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert dashboard.symbols() == ["MSFT", "AAPL", "NVDA"]


def test_a_small_screen_has_the_csv_in_a_menu(visit: Visit, stage: Stage) -> None:
    """There is no room for it at the top."""
    dashboard = visit(stage.url + "/#AAPL", viewport={"width": 390, "height": 844})
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.button("Manage lists").click()
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")

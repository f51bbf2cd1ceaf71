"""The watchlist: adding, removing, sorting, columns, and storage."""

from __future__ import annotations

from playwright.sync_api import Dialog

from tests.browser.conftest import Staging, Visit
from tests.browser.expecting import expect
from tests.browser.serving import Server, Stage, fetched


def test_symbols_are_added_by_typing(visit: Visit, stage: Stage) -> None:
    """Enter adds the symbol at the top, with its price."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("msft")
    dashboard.shows("MSFT", "last", 54.1)
    assert dashboard.symbols() == ["MSFT", "AAPL"]


def test_typing_suggests_symbols(visit: Visit, a_market: Server) -> None:
    """The arrow keys select a suggestion."""
    dashboard = visit(a_market.url + "/#MSFT")
    dashboard.live()
    assert all("AA" in name for name in dashboard.suggestions("AA"))
    box = dashboard.page.get_by_role("combobox").first
    expect(box).to_have_attribute("aria-expanded", "true")
    assert dashboard.suggestions("AAP") == ["AAPL"]
    box.press("ArrowDown")
    box.press("Enter")
    expect(dashboard.row("AAPL")).to_be_visible()


def test_several_symbols_are_added_at_once(visit: Visit, stage: Stage) -> None:
    """Separated by commas or spaces, without duplicates."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("MSFT, NVDA AAPL")
    expect(dashboard.rows).to_have_count(3)
    assert sorted(dashboard.symbols()) == ["AAPL", "MSFT", "NVDA"]


def test_an_unknown_symbol_is_reported(visit: Visit, stage: Stage) -> None:
    """It gets no row."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.suggestions("MS")
    dashboard.add("ZZZZ")
    expect(dashboard.page.get_by_text("ZZZZ").first).to_be_visible()
    expect(dashboard.row("ZZZZ")).to_have_count(0)


def test_symbols_are_removed(visit: Visit, stage: Stage) -> None:
    """The button in a row removes it."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    expect(dashboard.rows).to_have_count(3)
    dashboard.row("MSFT").hover()
    dashboard.button("Remove MSFT").click()
    expect(dashboard.row("MSFT")).to_have_count(0)
    assert dashboard.symbols() == ["AAPL", "NVDA"]


def test_a_click_on_a_header_sorts(visit: Visit, stage: Stage) -> None:
    """aria-sort has the direction."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    orders = (["NVDA", "AAPL", "MSFT"], ["MSFT", "AAPL", "NVDA"])
    header = dashboard.header("last")
    header.click()
    dashboard.page.mouse.move(640, 5)  # rows under the mouse are not sorted
    first = dashboard.until(dashboard.symbols, lambda shown: shown in orders)
    expect(header).to_have_attribute("aria-sort", "descending" if first == orders[0] else "ascending")
    header.click()
    dashboard.page.mouse.move(640, 5)
    dashboard.until(dashboard.symbols, lambda shown: shown in orders and shown != first)


def test_the_order_follows_the_prices(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    dashboard.header("last").click()
    dashboard.page.mouse.move(640, 5)
    before = dashboard.until(dashboard.symbols, lambda shown: shown[1] == "AAPL")
    stage.trade("MSFT", 5_000)
    dashboard.until(dashboard.symbols, lambda shown: shown != before and shown[1] == "NVDA")


def test_a_click_on_a_row_selects_its_chart(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    dashboard.cell("MSFT", "symbol").click()
    expect(dashboard.row("MSFT")).to_have_attribute("aria-selected", "true")
    expect(dashboard.row("AAPL")).to_have_attribute("aria-selected", "false")
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")


def test_a_reload_keeps_the_list(visit: Visit, stage: Stage) -> None:
    """Also without the URL's hash."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("NVDA")
    expect(dashboard.row("NVDA")).to_be_visible()
    dashboard.page.goto("about:blank")
    dashboard.page.goto(stage.url)
    dashboard.shows("NVDA", "last", 902)
    assert dashboard.symbols() == ["NVDA", "AAPL"]


def test_a_link_shares_a_list(visit: Visit, stage: Stage) -> None:
    """With its symbols and their order."""
    dashboard = visit(stage.url + "/#NVDA,AAPL")
    dashboard.shows("NVDA", "last", 902)
    assert dashboard.symbols() == ["NVDA", "AAPL"]


def test_a_thousand_symbols_need_few_rows(visit: Visit, a_market: Server) -> None:
    """Only visible rows are rendered; scrolling renders others."""
    symbols = [str(name) for name in fetched(a_market.url + "/v1/symbols")["symbols"]]
    dashboard = visit(a_market.url + "/#" + ",".join(symbols))
    dashboard.live()
    expect(dashboard.row(symbols[0])).to_be_visible()
    assert dashboard.rows.count() < 100
    counted = dashboard.page.locator("[aria-rowcount]").first.get_attribute("aria-rowcount")
    assert int(str(counted)) in {1_000, 1_001}
    dashboard.row(symbols[0]).hover()
    dashboard.page.mouse.wheel(0, 1_000_000)
    expect(dashboard.row(symbols[-1])).to_be_visible()
    dashboard.until(lambda: dashboard.number(symbols[-1], "last"), lambda shown: shown is not None)
    assert dashboard.rows.count() < 100


def test_a_symbol_that_looks_like_markup_is_text(visit: Visit, staging: Staging) -> None:
    """In the table, the suggestions and the chart's title."""
    name = "<img src=x onerror=alert(1)>"
    stage = staging(name, "AAPL")
    stage.play(("trade", name, 12.5, 100), ("trade", "AAPL", 187.4, 100))
    dashboard = visit("about:blank")
    alerts: list[str] = []

    def alerted(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    dashboard.page.on("dialog", alerted)
    dashboard.page.goto(stage.url + "/#AAPL")
    dashboard.live()
    assert dashboard.suggestions("<img") == [name]
    dashboard.page.keyboard.press("Enter")
    dashboard.shows(name, "last", 12.5)
    dashboard.cell(name, "symbol").click()
    expect(dashboard.chart).to_have_attribute("data-symbol", name)
    expect(dashboard.chart.get_by_role("heading")).to_have_text(name)
    expect(dashboard.cell(name, "symbol")).to_contain_text(name)
    dashboard.page.reload()
    dashboard.shows(name, "last", 12.5)
    assert dashboard.page.locator("img[src=x]").count() == 0
    assert alerts == []


def test_columns_can_be_chosen(visit: Visit, stage: Stage) -> None:
    """The choice survives a reload."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    expect(dashboard.header("spread")).to_have_count(0)
    dashboard.button("Columns").click()
    dashboard.page.get_by_label("Spread between bid and ask").check()
    dashboard.page.get_by_label("Day's volume", exact=True).uncheck()
    dashboard.page.keyboard.press("Escape")
    dashboard.shows("AAPL", "spread", 0.02)
    dashboard.page.reload()
    dashboard.shows("AAPL", "spread", 0.02)
    expect(dashboard.header("volume")).to_have_count(0)


def test_lists_have_their_own_symbols(visit: Visit, stage: Stage) -> None:
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    first = dashboard.page.get_by_label("List", exact=True).input_value()
    dashboard.button("Manage lists").click()
    dashboard.page.get_by_label("Name", exact=True).fill("Chips")
    dashboard.button("New list").click()
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.rows).to_have_count(0)
    dashboard.add("NVDA")
    dashboard.shows("NVDA", "last", 902)
    assert dashboard.symbols() == ["NVDA"]
    dashboard.page.get_by_label("List", exact=True).select_option(first)
    dashboard.shows("AAPL", "last", 187.4)
    assert sorted(dashboard.symbols()) == ["AAPL", "MSFT"]


def test_rows_can_be_reordered(visit: Visit, stage: Stage) -> None:
    """With the mouse or the keyboard; the order survives a reload."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    dashboard.cell("NVDA", "symbol").click()
    dashboard.page.keyboard.press("Alt+ArrowUp")
    dashboard.until(dashboard.symbols, lambda shown: shown == ["AAPL", "NVDA", "MSFT"])
    start, end = dashboard.row("AAPL").bounding_box(), dashboard.row("MSFT").bounding_box()
    assert start is not None
    assert end is not None
    mouse = dashboard.page.mouse
    mouse.move(start["x"] + 40, start["y"] + start["height"] / 2)
    mouse.down()
    mouse.move(start["x"] + 40, start["y"] + start["height"], steps=4)
    mouse.move(end["x"] + 40, end["y"] + end["height"] - 2, steps=8)
    mouse.up()
    order = dashboard.until(dashboard.symbols, lambda shown: shown == ["NVDA", "MSFT", "AAPL"])
    dashboard.page.reload()
    dashboard.until(dashboard.symbols, lambda shown: shown == order)

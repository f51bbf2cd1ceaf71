"""The watchlist: what is on it, in which order, and that it stays."""

from __future__ import annotations

from playwright.sync_api import Dialog, expect

from tests.browser.conftest import Staging, Visit
from tests.browser.serving import Stage
from tests.support.processes import Server


def test_symbols_are_added_by_typing(visit: Visit, stage: Stage) -> None:
    """Enter adds what was typed, where it is seen; it has a price at once."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("msft")
    dashboard.shows("MSFT", "last", 54.1)
    assert dashboard.symbols() == ["MSFT", "AAPL"]


def test_typing_offers_what_the_feed_has(visit: Visit, a_market: Server) -> None:
    """The list below the box has the symbols that begin so, and the arrow keys choose one."""
    dashboard = visit(a_market.url + "/#MSFT")
    dashboard.live()
    assert all("AA" in name for name in dashboard.offered("AA"))
    box = dashboard.page.get_by_role("combobox").first
    expect(box).to_have_attribute("aria-expanded", "true")
    assert dashboard.offered("AAP") == ["AAPL"]
    box.press("ArrowDown")
    box.press("Enter")
    expect(dashboard.row("AAPL")).to_be_visible()


def test_many_are_added_at_once_by_pasting(visit: Visit, stage: Stage) -> None:
    """Commas, spaces and lines part them; what is there already comes no second time."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("MSFT, NVDA AAPL")
    expect(dashboard.rows).to_have_count(3)
    assert sorted(dashboard.symbols()) == ["AAPL", "MSFT", "NVDA"]


def test_a_symbol_that_is_none_is_told(visit: Visit, stage: Stage) -> None:
    """The page says that the feed does not have it, and keeps no dead row."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.offered("MS")
    dashboard.add("ZZZZ")
    expect(dashboard.page.get_by_text("ZZZZ").first).to_be_visible()
    expect(dashboard.row("ZZZZ")).to_have_count(0)


def test_symbols_are_removed(visit: Visit, stage: Stage) -> None:
    """Its button takes a row away, and the others stay."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    expect(dashboard.rows).to_have_count(3)
    dashboard.row("MSFT").hover()
    dashboard.button("Remove MSFT").click()
    expect(dashboard.row("MSFT")).to_have_count(0)
    assert dashboard.symbols() == ["AAPL", "NVDA"]


def test_a_header_sorts(visit: Visit, stage: Stage) -> None:
    """By last: the greatest first or the least, told to those who can't see it."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    orders = (["NVDA", "AAPL", "MSFT"], ["MSFT", "AAPL", "NVDA"])
    header = dashboard.header("last")
    header.click()
    dashboard.page.mouse.move(640, 5)  # under the mouse the order would be frozen
    first = dashboard.until(dashboard.symbols, lambda shown: shown in orders)
    expect(header).to_have_attribute("aria-sort", "descending" if first == orders[0] else "ascending")
    header.click()
    dashboard.page.mouse.move(640, 5)
    dashboard.until(dashboard.symbols, lambda shown: shown in orders and shown != first)


def test_the_order_follows_the_prices(visit: Visit, stage: Stage) -> None:
    """A sorted list is sorted anew as prices move."""
    dashboard = visit(stage.url + "/#AAPL,MSFT,NVDA")
    dashboard.shows("NVDA", "last", 902)
    dashboard.header("last").click()
    dashboard.page.mouse.move(640, 5)
    before = dashboard.until(dashboard.symbols, lambda shown: shown[1] == "AAPL")
    stage.trade("MSFT", 5_000)
    dashboard.until(dashboard.symbols, lambda shown: shown != before and shown[1] == "NVDA")


def test_a_selected_row_is_the_charts(visit: Visit, stage: Stage) -> None:
    """A click selects, and the chart is of that symbol."""
    dashboard = visit(stage.url + "/#AAPL,MSFT")
    dashboard.shows("MSFT", "last", 54.1)
    dashboard.cell("MSFT", "symbol").click()
    expect(dashboard.row("MSFT")).to_have_attribute("aria-selected", "true")
    expect(dashboard.row("AAPL")).to_have_attribute("aria-selected", "false")
    expect(dashboard.chart).to_have_attribute("data-symbol", "MSFT")


def test_a_reload_keeps_the_list(visit: Visit, stage: Stage) -> None:
    """What was added is there again, without it being in the address."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.live()
    dashboard.add("NVDA")
    expect(dashboard.row("NVDA")).to_be_visible()
    dashboard.page.goto("about:blank")
    dashboard.page.goto(stage.url)
    dashboard.shows("NVDA", "last", 902)
    assert dashboard.symbols() == ["NVDA", "AAPL"]


def test_an_address_shares_a_list(visit: Visit, stage: Stage) -> None:
    """Who opens another's address sees the other's symbols, in the other's order."""
    dashboard = visit(stage.url + "/#NVDA,AAPL")
    dashboard.shows("NVDA", "last", 902)
    assert dashboard.symbols() == ["NVDA", "AAPL"]


def test_a_thousand_symbols_are_a_few_rows(visit: Visit, a_market: Server) -> None:
    """Only what is in sight is in the page; scrolling shows the rest, with prices."""
    symbols = [str(name) for name in a_market.get("/v1/symbols")["symbols"]]
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


def test_a_symbols_name_is_text(visit: Visit, staging: Staging) -> None:
    """A name that looks like markup is shown as it is, in the table, the box and the chart's title."""
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
    assert dashboard.offered("<img") == [name]
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


def test_columns_are_chosen(visit: Visit, stage: Stage) -> None:
    """A column comes and goes, and the choice is remembered."""
    dashboard = visit(stage.url + "/#AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    expect(dashboard.header("spread")).to_have_count(0)
    dashboard.button("Columns").click()
    dashboard.page.get_by_label("Spread between bid and ask").check()
    dashboard.page.get_by_label("Volume of the day").uncheck()
    dashboard.page.keyboard.press("Escape")
    dashboard.shows("AAPL", "spread", 0.02)
    dashboard.page.reload()
    dashboard.shows("AAPL", "spread", 0.02)
    expect(dashboard.header("volume")).to_have_count(0)


def test_several_named_lists(visit: Visit, stage: Stage) -> None:
    """Each list keeps its own symbols; the box above the table changes between them."""
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


def test_rows_are_reordered(visit: Visit, stage: Stage) -> None:
    """By dragging or by keys, and the order stays."""
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

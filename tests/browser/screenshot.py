"""Take screenshots of the dashboard.

python -m tests.browser.screenshot                    docs/dashboard.png, for the README
python -m tests.browser.screenshot --all FOLDER       all states: light, dark, narrow, busy, empty, disconnected, …
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Replay, Stage, fetched, market

ROOT = Path(__file__).parents[2]
README = ROOT / "docs" / "dashboard.png"
#: Maximum size of the README's screenshot.
MAX_BYTES = 300_000
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
LIST = "AAPL,MSFT,NVDA,AMZN,GOOGL,META,TSLA,AVGO,JPM,V,XOM,UNH,COST,NFLX,AMD,SPY,ORCL,KO,PEP,DIS,INTC,BA,GS,WMT"


def open_page(browser: Browser, url: str, **context: Any) -> Dashboard:
    page = browser.new_context(**{"viewport": WIDE, "color_scheme": "dark", **context}).new_page()
    page.set_default_timeout(chromium.TIMEOUT_MS)
    dashboard = Dashboard(page, chromium.PageErrors(page))
    page.goto(url)
    return dashboard


def take(dashboard: Dashboard, path: Path, settle_s: float = 0) -> None:
    """Take a screenshot after ``settle_s``: sparklines and candles need history."""
    dashboard.page.wait_for_timeout(settle_s * 1_000)
    dashboard.page.screenshot(path=path)
    dashboard.page.context.close()
    for text in dashboard.errors.unexpected():
        print(f"{path.name}: {text}", file=sys.stderr)
    print(f"{path} {path.stat().st_size / 1_000:.0f} kB")


def chat(page: Page) -> None:
    """Open the chat and send messages."""
    page.locator("#chat-button").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Join", exact=True).click()
    for text in ("$AAPL looks heavy", "Out of half of $NVDA; the rest goes at 190"):
        page.get_by_label("Message", exact=True).fill(text)
        page.get_by_label("Message", exact=True).press("Enter")


def take_readme(browser: Browser, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with market(count=100, ticks_per_second=1_000) as server:
        dashboard = open_page(browser, server.url)
        dashboard.live()
        dashboard.button("1s").click()
        # Move the mouse away from the rows: no hover state.
        dashboard.page.mouse.move(640, 5)
        take(dashboard, path, settle_s=90)
    if path.stat().st_size > MAX_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes; {MAX_BYTES:,} is the maximum")


def take_all(browser: Browser, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with market(count=1_000, ticks_per_second=5_000) as server:
        names = ",".join(fetched(server.url + "/v1/symbols")["symbols"])
        views: list[tuple[str, str, dict[str, Any]]] = [
            ("dark", LIST, {}),
            ("light", LIST, {"color_scheme": "light"}),
            ("few", "AAPL,MSFT,NVDA", {}),
            ("busy", names, {}),
            ("large", LIST, {"viewport": {"width": 1920, "height": 1080}}),
            ("tablet", LIST, {"viewport": {"width": 820, "height": 1180}}),
            ("narrow", LIST, {"viewport": NARROW}),
            ("narrow-light", LIST, {"viewport": NARROW, "color_scheme": "light"}),
            ("empty", "", {}),
        ]
        pages = [(name, open_page(browser, f"{server.url}/#{symbols}", **how)) for name, symbols, how in views]
        pages[0][1].page.wait_for_timeout(20_000)
        for name, dashboard in pages:
            take(dashboard, folder / f"{name}.png")
        dashboard = open_page(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.locator("body").press("?")
        take(dashboard, folder / "help.png", 1)
        dashboard = open_page(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.get_by_role("combobox").first.fill("A")
        take(dashboard, folder / "adding.png", 1)
        dashboard = open_page(browser, f"{server.url}/#{LIST}", viewport=NARROW)
        dashboard.live()
        dashboard.cell("MSFT", "symbol").click()
        take(dashboard, folder / "narrow-chart.png", 3)
        for name, how in (("chat", {}), ("narrow-chat", {"viewport": NARROW})):
            dashboard = open_page(browser, f"{server.url}/#{LIST}", **how)
            dashboard.live()
            chat(dashboard.page)
            take(dashboard, folder / f"{name}.png", 1)
        dashboard = open_page(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.locator("body").press("Space")
        take(dashboard, folder / "paused.png", 3)
    with Stage(("AAPL", "MSFT")) as stage:
        stage.trade("AAPL", 187.4)
        dashboard = open_page(browser, stage.url + "/#AAPL,MSFT")
        dashboard.live()
        stage.kill()
        take(dashboard, folder / "disconnected.png", 3)
    with Replay(folder / "history.csv", minutes=390, speed=100) as server:
        dashboard = open_page(browser, server.url + "/#AAPL,MSFT")
        take(dashboard, folder / "replay.png", 10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take screenshots of the dashboard.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="take screenshots of all states")
    arguments = parser.parse_args()
    with chromium.running() as started:
        if arguments.all is None:
            take_readme(started, README)
        else:
            take_all(started, arguments.all)

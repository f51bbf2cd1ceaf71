"""Takes pictures of the dashboard: the README's, or those of all its states to look at.

python -m tests.browser.screenshot                    the README's, docs/dashboard.png
python -m tests.browser.screenshot --all FOLDER       light, dark, narrow, busy, empty, disconnected, …
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage, fetched, market, replay, write_history

ROOT = Path(__file__).parents[2]
README = ROOT / "docs" / "dashboard.png"
#: What the README's picture may weigh.
MOST_BYTES = 300_000
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
LIST = "AAPL,MSFT,NVDA,AMZN,GOOGL,META,TSLA,AVGO,JPM,V,XOM,UNH,COST,NFLX,AMD,SPY,ORCL,KO,PEP,DIS,INTC,BA,GS,WMT"


def opened(browser: Browser, url: str, **context: Any) -> Dashboard:
    page = browser.new_context(**{"viewport": WIDE, "color_scheme": "dark", **context}).new_page()
    page.set_default_timeout(chromium.PATIENCE_MS)
    dashboard = Dashboard(page, chromium.Complaints(page))
    page.goto(url)
    return dashboard


def taken(dashboard: Dashboard, path: Path, settle_s: float = 0) -> None:
    """A picture after so long: sparklines and candles need a past."""
    dashboard.page.wait_for_timeout(settle_s * 1_000)
    dashboard.page.screenshot(path=path)
    dashboard.page.context.close()
    for text in dashboard.complaints.unexpected():
        print(f"{path.name}: {text}", file=sys.stderr)
    print(f"{path} {path.stat().st_size / 1_000:.0f} kB")


def talk(page: Page) -> None:
    """Open the chat, and say something."""
    page.locator("#chat-button").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Join", exact=True).click()
    for text in ("$AAPL looks heavy", "Out of half of $NVDA; the rest goes at 190"):
        page.get_by_label("Say something").fill(text)
        page.get_by_label("Say something").press("Enter")


def for_readme(browser: Browser, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with market(count=100, ticks_per_second=1_000) as server:
        dashboard = opened(browser, server.url)
        dashboard.live()
        dashboard.button("1s").click()
        # Nothing that points at a row: the picture is of a page that is only looked at.
        dashboard.page.mouse.move(640, 5)
        taken(dashboard, path, settle_s=90)
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes; {MOST_BYTES:,} is the most")


def for_looking(browser: Browser, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with market(count=1_000, ticks_per_second=5_000) as server:
        names = ",".join(fetched(server.url + "/v1/symbols")["symbols"])
        sights: list[tuple[str, str, dict[str, Any]]] = [
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
        pages = [(name, opened(browser, f"{server.url}/#{symbols}", **how)) for name, symbols, how in sights]
        pages[0][1].page.wait_for_timeout(20_000)
        for name, dashboard in pages:
            taken(dashboard, folder / f"{name}.png")
        dashboard = opened(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.locator("body").press("?")
        taken(dashboard, folder / "help.png", 1)
        dashboard = opened(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.get_by_role("combobox").first.fill("A")
        taken(dashboard, folder / "adding.png", 1)
        dashboard = opened(browser, f"{server.url}/#{LIST}", viewport=NARROW)
        dashboard.live()
        dashboard.cell("MSFT", "symbol").click()
        taken(dashboard, folder / "narrow-chart.png", 3)
        for name, how in (("chat", {}), ("narrow-chat", {"viewport": NARROW})):
            dashboard = opened(browser, f"{server.url}/#{LIST}", **how)
            dashboard.live()
            talk(dashboard.page)
            taken(dashboard, folder / f"{name}.png", 1)
        dashboard = opened(browser, f"{server.url}/#{LIST}")
        dashboard.live()
        dashboard.page.locator("body").press("Space")
        taken(dashboard, folder / "paused.png", 3)
    with Stage(("AAPL", "MSFT")) as stage:
        stage.trade("AAPL", 187.4)
        dashboard = opened(browser, stage.url + "/#AAPL,MSFT")
        dashboard.live()
        stage.kill()
        taken(dashboard, folder / "disconnected.png", 3)
    with replay(write_history(folder / "history.csv", minutes=390), "--speed", "100") as server:
        dashboard = opened(browser, server.url + "/#AAPL,MSFT")
        taken(dashboard, folder / "replay.png", 10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take pictures of the dashboard.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="pictures of all states, to look at")
    asked = parser.parse_args()
    with chromium.running() as started:
        if asked.all is None:
            for_readme(started, README)
        else:
            for_looking(started, asked.all)

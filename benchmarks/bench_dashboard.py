"""What the dashboard costs a browser: 1,000 symbols, 20,000 changed cells a second, in headless Chromium without a GPU.

The page shows them all, and is sent them 10 times a second, as it asks for by itself, or 20 times, which is the most
that it paints. Busy is the time that the page's main thread was at work (the debugger's TaskDuration), in hundredths of
the time that went by; the frame rate is counted in a run of its own, since counting frames makes frames.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, WebSocket

from benchmarks.measure import show
from tests.browser import chromium
from tests.browser.dashboard import Dashboard
from tests.browser.serving import fetched, market
from tests.e2e.processes import Server

SYMBOLS = 1_000
#: Enough for 20,000 changed cells a second: a tick changes about four, and some ticks of a beat meet in one symbol.
TICKS_PER_SECOND = 8_000
SECONDS = 10.0
#: What a page does once: the first snapshot, the first layout.
WARM_UP_S = 5.0

FRAMES = """(ms) => new Promise((done) => {
  const began = performance.now();
  let frames = 0;
  let slowest = 0;
  let last = began;
  const frame = (now) => {
    frames += 1;
    slowest = Math.max(slowest, now - last);
    last = now;
    if (now - began < ms) requestAnimationFrame(frame);
    else done([frames / (now - began) * 1000, slowest]);
  };
  requestAnimationFrame(frame);
})"""


@contextmanager
def dashboard(browser: Browser, server: Server, count: int, rate: str, query: str = "") -> Iterator[Page]:
    """The page with that many symbols at so many updates a second, warmed up."""
    names = fetched(server.url + "/v1/symbols")["symbols"][:count]
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    view = Dashboard(page, chromium.Complaints(page))
    page.goto(f"{server.url}/{query}#{','.join(names)}")
    view.live()
    view.choose("Rate", rate)
    page.wait_for_timeout(WARM_UP_S * 1_000)
    try:
        yield page
    finally:
        page.context.close()


def metrics(debugger: CDPSession) -> dict[str, float]:
    got: dict[str, Any] = debugger.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in got["metrics"]}


def busy(page: Page) -> tuple[float, float, float]:
    """Hundredths of the main thread's time: all of it, its scripts, its layout and style."""
    debugger = page.context.new_cdp_session(page)
    # The thread's own time: what others on the machine take is not counted.
    debugger.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, began = metrics(debugger), time.perf_counter()
    page.wait_for_timeout(SECONDS * 1_000)
    after, took = metrics(debugger), time.perf_counter() - began
    parts = {name: (after[name] - before[name]) / took * 100 for name in after}
    return parts["TaskDuration"], parts["ScriptDuration"], parts["LayoutDuration"] + parts["RecalcStyleDuration"]


def cells(page: Page) -> float:
    """Changed cells a second that the server sends a page, read off the wire, which costs that page something."""
    changed = 0

    def count(payload: str | bytes) -> None:
        nonlocal changed
        message = json.loads(payload)
        if message["type"] == "update":
            changed += sum(len(fields) - ("ts" in fields) for fields in message["data"].values() if fields)

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", count)

    page.on("websocket", listen)
    page.reload()
    page.wait_for_timeout(WARM_UP_S * 1_000)
    changed = 0
    began = time.perf_counter()
    page.wait_for_timeout(SECONDS * 1_000)
    return changed / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    rows = []
    with market(SYMBOLS, TICKS_PER_SECOND) as server, chromium.running() as browser:
        for label, count, hertz, query in (
            ("1,000 symbols, 10/s, JSON", SYMBOLS, "10", ""),
            ("1,000 symbols, 10/s, msgpack", SYMBOLS, "10", "?encoding=msgpack"),
            ("1,000 symbols, 20/s, JSON", SYMBOLS, "20", ""),
            ("25 symbols, 10/s, JSON", 25, "10", ""),
        ):
            with dashboard(browser, server, count, hertz, query) as page:
                whole, script, layout = busy(page)
                rate, slowest_ms = page.evaluate(FRAMES, SECONDS * 1_000)
            with dashboard(browser, server, count, hertz) as page:
                changed = cells(page)
            rows.append(
                [
                    label,
                    f"{changed:,.0f}",
                    f"{whole:.1f} %",
                    f"{script:.1f} %",
                    f"{layout:.1f} %",
                    f"{rate:.1f}",
                    f"{slowest_ms:.0f} ms",
                ]
            )
    columns = ["the page shows", "cells/s", "main thread busy", "scripts", "layout", "frames/s", "slowest frame"]
    show(f"dashboard, load {os.getloadavg()[0]:.1f}", columns, rows)


if __name__ == "__main__":
    main()

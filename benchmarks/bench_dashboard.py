"""The dashboard's load of a browser: 1,000 symbols, 20,000 changed cells a second, headless Chromium without a GPU.

The page shows all symbols. It gets 10 updates a second, its default, or 20, the maximum that it paints. "Busy" is the
CPU share of the page's main thread (the debugger's TaskDuration). The frame rate is measured in a separate run, since
counting frames causes frames.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time

import aiohttp

from benchmarks import chromium
from benchmarks.measure import show
from tests.browser.serving import fetched, market

SYMBOLS = 1_000
#: Gives 20,000 changed cells a second: a tick changes about four, and some ticks of a beat are of the same symbol.
TICKS_PER_SECOND = 8_000
SECONDS = 10.0
#: Time for the first snapshot and layout.
WARM_UP_S = 5.0

LIVE = """new Promise((done) => {
  const look = () => document.body?.dataset.state === "live" ? done(true) : setTimeout(look, 50);
  look();
})"""
CHOOSE = """(() => {
  const select = document.getElementById("setting-rate");
  select.value = "%s";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return select.value;
})()"""
FRAMES = """new Promise((done) => {
  const began = performance.now();
  let frames = 0;
  let slowest = 0;
  let last = began;
  const frame = (now) => {
    frames += 1;
    slowest = Math.max(slowest, now - last);
    last = now;
    if (now - began < %d) requestAnimationFrame(frame);
    else done([frames / (now - began) * 1000, slowest]);
  };
  requestAnimationFrame(frame);
})"""


async def measured(url: str, rate: str) -> list[str]:
    """A row of the table: busy, scripts, layout, frames, slowest frame."""
    async with chromium.page(url) as page:
        await page.evaluate(LIVE)
        assert await page.evaluate(CHOOSE % rate) == rate
        await asyncio.sleep(WARM_UP_S)
        before, began = await page.metrics(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        after, took = await page.metrics(), time.perf_counter() - began
        part = {name: (after[name] - before[name]) / took * 100 for name in after}
        frames, slowest_ms = await page.evaluate(FRAMES % (SECONDS * 1_000))
    layout = part["LayoutDuration"] + part["RecalcStyleDuration"]
    busy = [f"{share:.1f} %" for share in (part["TaskDuration"], part["ScriptDuration"], layout)]
    return [*busy, f"{frames:.1f}", f"{slowest_ms:.0f} ms"]


async def cells(url: str, names: list[str], rate: str) -> float:
    """Changed cells a second sent to a client with this watchlist."""
    changed = 0
    async with aiohttp.ClientSession() as session, session.ws_connect(url + "/v1/stream", max_msg_size=0) as socket:
        await socket.send_json({"op": "subscribe", "symbols": names, "rate": float(rate)})
        end_s = None
        while end_s is None or time.perf_counter() < end_s:
            message = await socket.receive_json()
            if message["type"] != "update":
                continue
            if end_s is None:
                end_s = time.perf_counter() + SECONDS  # without the first snapshot
            else:
                changed += sum(len(fields) - ("ts" in fields) for fields in message["data"].values() if fields)
    return changed / SECONDS


async def rows(url: str) -> list[list[str]]:
    made = []
    for label, count, rate, query in (
        ("1,000 symbols, 10/s, JSON", SYMBOLS, "10", ""),
        ("1,000 symbols, 10/s, msgpack", SYMBOLS, "10", "?encoding=msgpack"),
        ("1,000 symbols, 20/s, JSON", SYMBOLS, "20", ""),
        ("25 symbols, 10/s, JSON", 25, "10", ""),
    ):
        names = fetched(url + "/v1/symbols")["symbols"][:count]
        changed = await cells(url, names, rate)
        made.append([label, f"{changed:,.0f}", *await measured(f"{url}/{query}#{','.join(names)}", rate)])
    return made


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with market(SYMBOLS, TICKS_PER_SECOND) as server:
        found = asyncio.run(rows(server.url))
    columns = ["the page shows", "cells/s", "main thread busy", "scripts", "layout", "frames/s", "slowest frame"]
    show(f"dashboard, load {os.getloadavg()[0]:.1f}", columns, found)


if __name__ == "__main__":
    main()

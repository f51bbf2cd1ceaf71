"""A page in headless Chromium, observed through its debugger with minimal overhead.

Listening to the network or console makes the page's main thread report each message, and that thread is what is
measured. So only the domains ``Performance`` and ``Runtime`` are used.
The protocol: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.browser.chromium import ARGUMENTS, executable

#: The window's frame included: the page has 1280 x 800.
WINDOW = "1280,943"


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": params})
        while True:
            answer: dict[str, Any] = await self._socket.receive_json()
            if answer.get("id") == self._calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    async def evaluate(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        done = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError(f"{script}: {done['exceptionDetails']}")
        return done["result"].get("value")

    async def metrics(self) -> dict[str, float]:
        got = await self.call("Performance.getMetrics")
        return {metric["name"]: metric["value"] for metric in got["metrics"]}


@asynccontextmanager
async def page(url: str) -> AsyncIterator[Page]:
    """The page at ``url`` in a browser of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = [
            "--headless=new",
            "--remote-debugging-port=0",
            f"--window-size={WINDOW}",
            f"--user-data-dir={folder}",
        ]
        browser = await asyncio.create_subprocess_exec(
            executable(), *ARGUMENTS, *options, "about:blank", stderr=asyncio.subprocess.PIPE
        )
        try:
            async with aiohttp.ClientSession() as session:
                socket = await session.ws_connect(await _debugger(browser, session), max_msg_size=0)
                made = Page(socket)
                # Thread time excludes other processes.
                await made.call("Performance.enable", timeDomain="threadTicks")
                await made.call("Page.navigate", url=url)
                yield made
                await socket.close()
        finally:
            browser.terminate()
            await browser.wait()


async def _debugger(browser: asyncio.subprocess.Process, session: aiohttp.ClientSession) -> str:
    """The URL of the page's debugger."""
    assert browser.stderr is not None
    async for line in browser.stderr:
        if b"DevTools listening on ws://" in line:
            place = line.decode().split("ws://")[1].split("/")[0]
            break
    else:
        raise RuntimeError(f"{executable()} ended before it listened")
    while True:
        async with session.get(f"http://{place}/json") as response:
            for target in await response.json():
                if target["type"] == "page":
                    address: str = target["webSocketDebuggerUrl"]
                    return address
        await asyncio.sleep(0.1)

"""The plain HTTP side: health, symbols, snapshots, and the page that says what this is."""

from __future__ import annotations

import html
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec
from aiohttp import web

import ticker
from ticker.feed import FeedInfo
from ticker.hub import Hub
from ticker.messages import Error, FeedState

#: Nothing but the page's own files, whatever a symbol's name may say.
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".js": "text/javascript"}


class HttpEndpoints:
    """The handlers. ``feed`` and ``state`` are asked for anew with each request."""

    def __init__(self, hub: Hub, feed_name: str, feed: Callable[[], FeedInfo], state: Callable[[], FeedState]) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._feed = feed
        self._state = state
        self._started_s = time.monotonic()
        self._files = _web_files()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/static/{name}", self.static),
            web.get("/healthz", self.health),
            web.get("/v1/symbols", self.symbols),
            web.get("/v1/snapshot", self.snapshot),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        state = self._state()
        hub = self._hub
        body = {
            "status": "degraded" if state.state == "stale" else "ok",
            "server": f"ticker/{ticker.__version__}",
            "feed": {"name": self._feed_name, "state": state.state, "ts": state.ts},
            "symbols": len(hub.board.symbols),
            "clients": len(hub.sessions),
            "epoch": hub.board.epoch,
            "version": hub.board.version,
            "uptime_s": round(time.monotonic() - self._started_s, 3),
        }
        return _json(body)

    async def symbols(self, _request: web.Request) -> web.Response:
        info = self._feed()
        body = {"symbols": self._hub.board.symbols, "complete": self._hub.complete, "currency": info.currency}
        return _json(body)

    async def snapshot(self, request: web.Request) -> web.Response:
        wanted = [name for given in request.query.getall("symbols", []) for name in given.split(",") if name]
        if not wanted:
            text = "symbols: missing; ask for ?symbols=AAPL,MSFT or ?symbols=*"
            return refusal(400, "no-symbols", text)
        return _json(self._hub.snapshot(wanted, time.time_ns()))

    async def page(self, request: web.Request) -> web.Response:
        page = self._files.get("index.html")
        if page is None:
            return web.Response(status=404, text="ticker is running; its page is not installed. Try /healthz.\n")
        info = self._feed()
        names = self._hub.board.symbols
        sample = ["AAPL", "MSFT"] if {"AAPL", "MSFT"} <= set(names) else names[:2]
        values = {
            "version": ticker.__version__,
            "feed": info.title or self._feed_name,
            "feed_name": self._feed_name,
            "state": self._state().state,
            "symbols": f"{len(names):,}",
            "http_url": f"{request.scheme}://{request.host}",
            "ws_url": f"{'wss' if request.secure else 'ws'}://{request.host}",
            "sample": shlex.join(sample),
            "sample_csv": quote(",".join(sample), safe=","),
            "sample_json": msgspec.json.encode(sample).decode()[1:-1],
        }
        text = Template(page.decode()).safe_substitute({name: html.escape(value) for name, value in values.items()})
        return web.Response(text=text, content_type="text/html", headers=_headers())

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        body = self._files.get(name)
        if body is None or name == "index.html":
            return web.Response(status=404, text="no such file\n")
        return web.Response(body=body, content_type=_TYPES[Path(name).suffix], headers=_headers())


def _headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


def _json(body: object, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json", headers=headers)


def refusal(status: int, code: str, message: str) -> web.Response:
    """An HTTP answer that says why not, in the same form as an error on the stream."""
    return _json(Error(code=code, message=message), status)


def _web_files() -> dict[str, bytes]:
    """The page's files, read once: what a request names is looked up here and never reaches the file system."""
    package = Path(ticker.__file__).parent
    # In a wheel they lie inside the package, in a checkout (and an editable install) beside it.
    for folder in (package / "_web", package.parent / "web"):
        if (folder / "index.html").is_file():
            kept = (path for path in sorted(folder.iterdir()) if path.suffix in _TYPES or path.name == "index.html")
            return {path.name: path.read_bytes() for path in kept}
    return {}

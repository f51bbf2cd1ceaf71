"""`/` and `/static/…`: the dashboard, or a fallback page if it was not built.

Files are read once, at start. A request's path is looked up among them and never reaches the file system.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec
from aiohttp import web

import ticker
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.server.core.responses import HttpError

#: Allows only the page's own files and this server, and keeps text (such as a symbol's name) from becoming markup or
#: code, even through the page's own script.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",  # includes the WebSocket
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
#: ``no-cache``: browsers revalidate each time, so a new version shows at once.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain",
}
#: Smaller bodies don't gain from compression.
COMPRESSED_FROM_BYTES = 1_024

DASHBOARD = "index.html"
FALLBACK = "fallback.html"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file's body, plain and (if that is smaller) compressed."""

    content_type: str
    body: bytes
    compressed: bytes | None
    etag: str

    @classmethod
    def read(cls, path: Path) -> StaticFile:
        content_type, body = TYPES[path.suffix], path.read_bytes()
        compressed = None
        if len(body) >= COMPRESSED_FROM_BYTES and content_type != "image/png":
            compressed = gzip.compress(body, mtime=0)
        return cls(content_type, body, compressed, hashlib.sha256(body).hexdigest()[:32])

    def response(self, request: web.Request) -> web.Response:
        """The file, or 304 if the browser has it."""
        body, tag, headers = self.body, self.etag, {**HEADERS}
        if self.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                body, tag = self.compressed, f"{tag}-gzip"
                headers["Content-Encoding"] = "gzip"
        if any(etag.value in {tag, "*"} for etag in request.if_none_match or ()):
            headers.pop("Content-Encoding", None)
            response = web.Response(status=304, headers=headers)
        else:
            charset = None if self.content_type == "image/png" else "utf-8"
            response = web.Response(body=body, content_type=self.content_type, charset=charset, headers=headers)
        response.etag = tag
        return response


class Dashboard:
    """``folders`` are searched for a built dashboard, then for the fallback page."""

    def __init__(self, hub: Hub, feed_name: str, pump: Pump, folders: tuple[Path, ...] | None = None) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._pump = pump
        folders = standard_folders() if folders is None else folders
        self._files = _read_dashboard(folders) or _read_fallback(folders)
        self._reason = _build_failure(folders)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.page, name="dashboard"), web.get("/static/{name}", self.static, name="static")]

    async def page(self, request: web.Request) -> web.Response:
        if DASHBOARD in self._files:
            return self._files[DASHBOARD].response(request)
        if FALLBACK in self._files:
            return self._fallback_page(request)
        raise HttpError(404, "unknown-path", "ticker is running, but its page is not installed; try /healthz")

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        file = self._files.get(name)
        if file is None or name in {DASHBOARD, FALLBACK}:
            raise HttpError(404, "unknown-path", "there is no such file")
        return file.response(request)

    def _fallback_page(self, request: web.Request) -> web.Response:
        names = self._hub.apply_pending().symbols
        # Bytes that are not text can't be sent back.
        host = request.host.encode(errors="replace").decode()
        sample = ["AAPL", "MSFT"] if {"AAPL", "MSFT"} <= set(names) else names[:2]
        values = {
            "feed": self._pump.feed.info.title or self._feed_name,
            "feed_name": self._feed_name,
            "state": self._pump.state().state,
            "symbols": f"{len(names):,}",
            "http_url": f"{request.scheme}://{host}",
            "ws_url": f"{'wss' if request.secure else 'ws'}://{host}",
            "sample": shlex.join(sample),
            "sample_csv": quote(",".join(sample), safe=","),
            "sample_json": msgspec.json.encode(sample).decode()[1:-1],
            "reason": self._reason,
            "how": _build_command(),
        }
        page = Template(self._files[FALLBACK].body.decode())
        text = page.safe_substitute({name: html.escape(value) for name, value in values.items()})
        return web.Response(text=text, content_type="text/html", headers=HEADERS)


def standard_folders() -> tuple[Path, ...]:
    """The package's folders and, in a checkout, ``web/`` for the fallback page."""
    package = Path(ticker.__file__).parent
    return package / "_dashboard", package / "_web", package.parent / "web"


def _read_dashboard(folders: tuple[Path, ...]) -> dict[str, StaticFile]:
    for folder in folders:
        # A checkout's web/ has an index.html too, but no script.
        if (folder / DASHBOARD).is_file() and (folder / "app.js").is_file():
            return {path.name: StaticFile.read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}
    return {}


def _read_fallback(folders: tuple[Path, ...]) -> dict[str, StaticFile]:
    for folder in folders:
        if (folder / FALLBACK).is_file():
            paths = (folder / name for name in (FALLBACK, "fallback.css", "favicon.svg"))
            return {path.name: StaticFile.read(path) for path in paths if path.is_file()}
    return {}


def _build_failure(folders: tuple[Path, ...]) -> str:
    """Why the last build failed, from the file that the build left."""
    for folder in folders:
        try:
            return (folder / "reason").read_text().strip()
        except OSError:
            continue
    return "It was not built when ticker was installed."


def _build_command() -> str:
    """In a checkout, or with a package that was installed from one."""
    if (Path(ticker.__file__).parent.parent / "web" / "build.py").is_file():
        return "make serve"
    return "pip install --force-reinstall --no-deps CHECKOUT"

"""The page at `/` and its files: the dashboard, or the page that stands in where none was built.

It knows nothing of what the dashboard does; it hands out files that it read once, and says what a browser may do with
them.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec
from aiohttp import web

import ticker
from ticker.auth.identity import for_everybody
from ticker.feed.feed import FeedInfo
from ticker.hub.hub import Hub
from ticker.wire.messages import FeedState

#: Nothing but the page's own files and this server, whatever a symbol's name may say; and no text becomes markup or
#: code, not even by the page's own script.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",  # its WebSocket included
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
#: What a browser keeps it asks for again each time, and is told that it has it: a new version shows at once.
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
#: Below this a compressed body saves nothing.
COMPRESSED_FROM_BYTES = 1_024

DASHBOARD = "index.html"
STAND_IN = "fallback.html"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it goes out: plain, and compressed if that is smaller."""

    content_type: str
    body: bytes
    compressed: bytes | None
    tag: str

    @classmethod
    def of(cls, path: Path) -> StaticFile:
        kind, body = TYPES[path.suffix], path.read_bytes()
        compressed = None
        if len(body) >= COMPRESSED_FROM_BYTES and kind != "image/png":
            compressed = gzip.compress(body, mtime=0)
        return cls(kind, body, compressed, hashlib.sha256(body).hexdigest()[:32])

    def answer(self, request: web.Request) -> web.Response:
        """With a body, or 304 if the browser has this very file."""
        body, tag, headers = self.body, self.tag, {**HEADERS}
        if self.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                body, tag = self.compressed, f"{tag}-gzip"
                headers["Content-Encoding"] = "gzip"
        known = request.if_none_match or ()
        if any(etag.value in {tag, "*"} for etag in known):
            headers.pop("Content-Encoding", None)
            response = web.Response(status=304, headers=headers)
        else:
            charset = None if self.content_type == "image/png" else "utf-8"
            response = web.Response(body=body, content_type=self.content_type, charset=charset, headers=headers)
        response.etag = tag
        return response


class Page:
    """The handlers of `/` and `/static/…`. ``feed`` and ``state`` are asked for anew with each request.

    ``folders`` are looked through for the dashboard, then for the page that stands in.
    """

    def __init__(
        self,
        hub: Hub,
        feed_name: str,
        feed: Callable[[], FeedInfo],
        state: Callable[[], FeedState],
        folders: tuple[Path, ...] | None = None,
    ) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._feed = feed
        self._state = state
        folders = standard_folders() if folders is None else folders
        self._files = _dashboard(folders)
        self.has_dashboard = bool(self._files)
        if not self.has_dashboard:
            self._files = _stand_in(folders)
        self._reason = _reason(folders)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.page), web.get("/static/{name}", self.static)]

    @for_everybody
    async def page(self, request: web.Request) -> web.Response:
        if self.has_dashboard:
            return self._files[DASHBOARD].answer(request)
        if STAND_IN not in self._files:
            return web.Response(status=404, text="ticker is running; its page is not installed. Try /healthz.\n")
        return self._stand_in(request)

    @for_everybody
    async def static(self, request: web.Request) -> web.Response:
        """What a request names is looked up among the files that were read, and never reaches the file system."""
        name = request.match_info["name"]
        file = self._files.get(name)
        if file is None or name in {DASHBOARD, STAND_IN}:
            return web.Response(status=404, text="no such file\n", headers={"X-Content-Type-Options": "nosniff"})
        return file.answer(request)

    def _stand_in(self, request: web.Request) -> web.Response:
        info = self._feed()
        names = self._hub.settle().symbols
        # Bytes that are no text come as what can't go out.
        host = request.host.encode(errors="replace").decode()
        sample = ["AAPL", "MSFT"] if {"AAPL", "MSFT"} <= set(names) else names[:2]
        values = {
            "version": ticker.__version__,
            "feed": info.title or self._feed_name,
            "feed_name": self._feed_name,
            "state": self._state().state,
            "symbols": f"{len(names):,}",
            "http_url": f"{request.scheme}://{host}",
            "ws_url": f"{'wss' if request.secure else 'ws'}://{host}",
            "sample": shlex.join(sample),
            "sample_csv": quote(",".join(sample), safe=","),
            "sample_json": msgspec.json.encode(sample).decode()[1:-1],
            "reason": self._reason,
            "how": _how_to_build(),
        }
        page = Template(self._files[STAND_IN].body.decode())
        text = page.safe_substitute({name: html.escape(value) for name, value in values.items()})
        return web.Response(text=text, content_type="text/html", headers=HEADERS)


def standard_folders() -> tuple[Path, ...]:
    """Where files may lie: the dashboard inside the package; what stands in also beside it, in a checkout."""
    package = Path(ticker.__file__).parent
    return package / "_dashboard", package / "_web", package.parent / "web"


def _dashboard(folders: tuple[Path, ...]) -> dict[str, StaticFile]:
    """The files of the first folder with a built dashboard, read once."""
    for folder in folders:
        # A checkout's web/ has an index.html too, but no script before it is built.
        if (folder / DASHBOARD).is_file() and (folder / "app.js").is_file():
            return {path.name: StaticFile.of(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}
    return {}


def _stand_in(folders: tuple[Path, ...]) -> dict[str, StaticFile]:
    for folder in folders:
        if (folder / STAND_IN).is_file():
            kept = (folder / name for name in (STAND_IN, "fallback.css", "favicon.svg"))
            return {path.name: StaticFile.of(path) for path in kept if path.is_file()}
    return {}


def _reason(folders: tuple[Path, ...]) -> str:
    """Why the last build could not be made, as the build left it."""
    for folder in folders:
        try:
            return (folder / "reason").read_text().strip()
        except OSError:
            continue
    return "It was not built when ticker was installed."


def _how_to_build() -> str:
    """What to type, with this installation."""
    if (Path(ticker.__file__).parent.parent / "web" / "build.py").is_file():
        return "make serve"
    return "pip install --force-reinstall --no-deps --no-binary ticker-hub ticker-hub"

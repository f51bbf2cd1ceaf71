"""The dashboard and its fallback page, sent with strict headers."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from tests.support.frames import raw_client
from tests.support.serving import ScriptedFeed
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.server.core.responses import answer_errors
from ticker.server.http.dashboard import Dashboard

ROOT = Path(__file__).parents[4]
SCRIPT = "// a script that is long enough to be compressed\n" * 100

Client = TestClient[web.Request, web.Application]


def page(folders: tuple[Path, ...], names: tuple[str, ...] = ("AAPL", "MSFT")) -> Dashboard:
    pump = Pump(ScriptedFeed(names), lambda _event: None)
    return Dashboard(Hub(names), "script", pump, folders)


def application(shown: Dashboard) -> web.Application:
    app = web.Application(middlewares=[answer_errors(Counter())])
    app.add_routes(shown.routes())
    return app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A minimal built dashboard."""
    (tmp_path / "index.html").write_text('<!doctype html><script type="module" src="/static/app.js"></script>')
    (tmp_path / "app.js").write_text(SCRIPT)
    (tmp_path / "app.css").write_text("body {}")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "licenses.txt").write_text("MIT")
    (tmp_path / "digest").write_text("0123")
    return tmp_path


@pytest.fixture
async def client(folder: Path, aiohttp_client: AiohttpClient) -> Client:
    return await aiohttp_client(application(page((folder,))), auto_decompress=False)


@pytest.fixture
async def without_build(tmp_path: Path, aiohttp_client: AiohttpClient) -> Client:
    """Without a dashboard: a failed build left its reason, and the checkout has the fallback page."""
    (tmp_path / "reason").write_text("npm ci: the registry <says> no\n")
    return await aiohttp_client(application(page((tmp_path, ROOT / "web"))))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/app.js", "text/javascript; charset=utf-8"),
        ("/static/app.css", "text/css; charset=utf-8"),
        ("/static/favicon.svg", "image/svg+xml; charset=utf-8"),
        ("/static/licenses.txt", "text/plain; charset=utf-8"),
    ],
)
async def test_each_file_has_its_type_and_the_strict_headers(client: Client, path: str, kind: str) -> None:
    """No type sniffing, no referrer, and only the page's own script."""
    async with client.get(path) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == kind
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert not any("unsafe" in allowed or "*" in allowed for allowed in policy.values())


async def test_a_head_request_has_the_headers_of_get(client: Client) -> None:
    """And no body."""
    for path in ("/", "/static/app.js", "/static/favicon.svg"):
        async with client.get(path) as got, client.head(path) as told:
            assert told.status == 200
            assert await told.read() == b""
            for name in ("Content-Type", "Content-Length", "ETag", "Content-Security-Policy"):
                assert told.headers[name] == got.headers[name], (path, name)


async def test_a_file_that_the_browser_has_is_not_sent_again(client: Client) -> None:
    """The browser revalidates each time, so that a new version shows at once."""
    async with client.get("/static/app.js") as first:
        assert first.headers["Cache-Control"] == "no-cache"
        tag = first.headers["ETag"]
    async with client.get("/static/app.js", headers={"If-None-Match": tag}) as again:
        assert again.status == 304
        assert again.headers["ETag"] == tag
        assert await again.read() == b""
    async with client.get("/static/app.js", headers={"If-None-Match": '"another"'}) as changed:
        assert changed.status == 200


async def test_a_long_text_is_compressed_for_clients_that_accept_gzip(client: Client) -> None:
    """The plain and the compressed body have different ETags."""
    async with client.get("/static/app.js", headers={"Accept-Encoding": "gzip"}) as small:
        body = await small.read()
        assert small.headers["Content-Encoding"] == "gzip"
        assert small.headers["Vary"] == "Accept-Encoding"
    async with client.get("/static/app.js", headers={"Accept-Encoding": "identity"}) as plain:
        assert "Content-Encoding" not in plain.headers
        assert await plain.text() == SCRIPT
    assert gzip.decompress(body).decode() == SCRIPT
    assert small.headers["ETag"] != plain.headers["ETag"]


async def test_only_the_pages_own_files_are_served(client: Client) -> None:
    """A request's path never reaches the file system."""
    for name in ("nope.css", "..%2fpyproject.toml", "index.html", "digest", ".", "x" * 5_000, "app.js%00"):
        async with client.get(f"/static/{name}") as response:
            assert response.status == 404, name


async def test_the_fallback_page_says_why_and_how_to_build_the_dashboard(without_build: Client) -> None:
    """All placeholders are filled in, with the server's address. Nothing is inline or from another site."""
    async with without_build.get("/") as response:
        text = await response.text()
        assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "The dashboard is not built" in text
    assert "make serve" in text
    assert "the registry &lt;says&gt; no" in text
    assert f"ws://127.0.0.1:{without_build.port}" in text
    assert "AAPL" in text
    assert not re.search(r"\$[a-z]", text)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
    for path in re.findall(r'(?:href|src)="(/static/[^"]*)"', text):
        async with without_build.get(path) as response:
            assert response.status == 200, path


async def test_a_symbol_that_looks_like_markup_is_shown_as_text(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(application(page((ROOT / "web",), ("<img src=x onerror=alert(1)>",))))
    async with client.get("/") as response:
        text = await response.text()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


async def test_an_incomplete_build_counts_as_none(folder: Path, aiohttp_client: AiohttpClient) -> None:
    """Without its script the dashboard would stay empty."""
    (folder / "app.js").unlink()
    client = await aiohttp_client(application(page((folder, ROOT / "web"))))
    async with client.get("/") as response:
        assert "The dashboard is not built" in await response.text()


async def test_a_server_without_any_page_answers_404(tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    """With a hint."""
    client = await aiohttp_client(application(page((tmp_path / "gone",))))
    async with client.get("/") as response:
        assert response.status == 404
        assert "/healthz" in await response.text()


async def test_a_host_header_that_is_not_utf8_does_not_fail(without_build: Client) -> None:
    assert without_build.port is not None
    async with raw_client(without_build.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: \xff\xfe<b>\r\nConnection: close\r\n\r\n")
        assert (await client.head())[0] == 200
        assert b"http://??&lt;b&gt;" in await client.reader.read(-1)

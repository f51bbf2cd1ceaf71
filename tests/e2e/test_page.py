"""The page at `/`: it says what this is, and lets no name become markup."""

from __future__ import annotations

import re

import aiohttp

from tests.e2e.support import ScriptedFeed, serving


async def test_the_page_tells_how_to_connect() -> None:
    """Every placeholder is filled in, with this server's own address; nothing comes from elsewhere."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        async with http.get(service.url) as response:
            text = await response.text()
            policy = response.headers["Content-Security-Policy"]
        assert service.url.replace("http", "ws") in text
        assert "scripted" in text
        assert "AAPL" in text
        assert not re.search(r"\$[a-z]", text)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text)
        for path in re.findall(r'(?:href|src)="(/[^"]*)"', text):
            async with http.get(service.url + path) as response:
                assert response.status == 200, path


async def test_a_symbols_name_is_text() -> None:
    """A name that looks like markup is shown, not obeyed."""
    async with serving(ScriptedFeed(("<img src=x onerror=alert(1)>",))) as service, aiohttp.ClientSession() as http:
        async with http.get(service.url) as response:
            text = await response.text()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


async def test_only_the_pages_own_files_are_served() -> None:
    """Whatever a request names, the file system is not asked."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        for path in ("/static/nope.css", "/static/..%2fpyproject.toml", "/static/index.html", "/static/" + "x" * 5000):
            async with http.get(service.url + path) as response:
                assert response.status == 404, path

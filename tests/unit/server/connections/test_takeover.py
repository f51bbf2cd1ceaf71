"""Taking a connection over from aiohttp relies on its internals: these tests fail if a new version changes them."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.support.serving import ScriptedFeed
from ticker.errors import TickerError
from ticker.server import Service
from ticker.server.connections.takeover import (
    TESTED_AIOHTTP,
    check_aiohttp,
    take_over_transport,
    unsent_response,
)

ROOT = Path(__file__).parents[4]


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def test_the_installed_aiohttp_is_a_tested_version() -> None:
    """A new version needs this test's range, ``TESTED_AIOHTTP`` and pyproject.toml extended once all tests pass."""
    lowest, above = map(version, TESTED_AIOHTTP.split(","))
    assert lowest <= version(aiohttp.__version__) < above, f"aiohttp {aiohttp.__version__} is not tested"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"aiohttp{TESTED_AIOHTTP}" in project["dependencies"]
    check_aiohttp()


async def test_the_transport_is_handed_over_with_what_followed_the_request() -> None:
    """aiohttp then writes nothing to it, does not close it, and forgets the connection."""

    class Echo(asyncio.Protocol):
        def __init__(self, transport: asyncio.Transport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data.upper())

    async def handler(request: web.Request) -> web.Response:
        taken = take_over_transport(request)
        assert taken is not None
        transport, tail = taken
        transport.set_protocol(Echo(transport))
        transport.write(b"taken over " + tail)
        transports.append(transport)
        return unsent_response()

    transports: list[asyncio.Transport] = []
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    try:
        async with asyncio.timeout(60):
            head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            writer.write(head + b"with a tail")
            assert await reader.readexactly(22) == b"taken over with a tail"
            writer.write(b"more")
            assert await reader.readexactly(4) == b"MORE"
            assert runner.server is not None
            assert runner.server.connections == []
            transports[0].close()
            assert await reader.read() == b""
    finally:
        writer.close()
        await runner.cleanup()


@pytest.mark.parametrize("changed", ["set_parser", "connection_lost"])
def test_a_service_does_not_start_with_other_internals(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.RequestHandler, changed, lambda _self, _something_else: None)
    with pytest.raises(TickerError, match=rf"aiohttp {re.escape(aiohttp.__version__)}.*{changed}\(\).*pip install"):
        Service(ScriptedFeed(), "script")


def test_a_missing_attribute_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(web.RequestHandler, "_message_tail")
    with pytest.raises(TickerError, match="_message_tail"):
        check_aiohttp()

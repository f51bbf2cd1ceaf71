"""A server below a prefix: behind a proxy that removes `/eu` from the path of each request."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.client.transports.dialer import TransportName
from ticker.server import Service

TS = 1_700_000_000_000_000_000


@asynccontextmanager
async def proxy(service: Service) -> AsyncIterator[str]:
    """Serves `service` below `/eu`, and answers other paths with 404. Yields its base address."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, requests: bool) -> None:
        while chunk := await reader.read(65_536):
            if requests and chunk.startswith((b"GET ", b"POST ")):
                if chunk.split(b" ")[1].startswith(b"/eu/"):
                    chunk = chunk.replace(b" /eu/", b" /", 1)
                else:
                    chunk = chunk.replace(b" /", b" /nowhere/", 1)
            writer.write(chunk)
            await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", service.port)
        pipes = [
            asyncio.create_task(pipe(reader, up_writer, requests=True)),
            asyncio.create_task(pipe(up_reader, writer, requests=False)),
        ]
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        for task in pipes:
            task.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)
        writer.close()
        up_writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/eu"
    finally:
        server.close()


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
@pytest.mark.parametrize("end", ["", "/", "/v1/stream"])
async def test_the_python_client_finds_a_server_below_a_prefix(transport: TransportName, end: str) -> None:
    """Prices, a subscription in mid-stream, and bars."""
    feed = ScriptedFeed()
    async with serving(feed) as service, proxy(service) as base:
        feed.tick([(0, TS, 184.5, 1.0), (1, TS, 370.5, 1.0)])
        async with ticker.connect(base + end, ["AAPL"], transport=transport) as stream:
            await stream.subscribe(["MSFT"])
            seen: dict[str, float | None] = {}
            async for price in stream:
                seen[price.symbol] = price.last
                if len(seen) == 2:
                    break
            assert seen == {"AAPL": 184.5, "MSFT": 370.5}
            assert (await stream.bars("AAPL"))["close"].to_list() == [184.5]


@pytest.mark.parametrize("scheme", ["http", "ws"])
async def test_commands_find_a_server_below_a_prefix(scheme: str) -> None:
    """Those with a stream, and those with one request."""

    async def run(*words: str) -> str:
        command = (sys.executable, "-m", "ticker", *words, "--url", url)
        ran = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
        out, err = await ran.communicate()
        assert ran.returncode == 0, err
        return out.decode()

    feed = ScriptedFeed()
    async with serving(feed) as service, proxy(service) as base:
        url = base.replace("http:", f"{scheme}:") + "/"
        feed.tick([(0, TS, 184.5, 1.0)])
        assert "184.5" in await run("watch", "AAPL", "--output", "csv", "--count", "1")
        assert "seq=1 time=" in await run("ping", "--count", "1")
        assert "0 clients" in await run("notify", "hello")


async def test_an_address_that_is_no_server_is_a_refusal_and_not_an_answer_of_200() -> None:
    async with serving(ScriptedFeed()) as service, proxy(service) as base:
        with pytest.raises(ticker.RefusedError, match="404"):
            await ticker.connect(base.replace("/eu", "/us"), ["AAPL"]).open()

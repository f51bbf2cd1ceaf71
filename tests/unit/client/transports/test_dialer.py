"""One attempt to connect: what is asked of the server, and what each failure means."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tests.support.scripted_server import mute_server, scripted_server, update, welcome
from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import TransportError
from ticker.client.transports.dialer import Dialer
from ticker.errors import RefusedError
from ticker.wire.codec import codec_for


def dialer(url: str, encoding: str = "json", timeout_s: float = 5.0) -> Dialer:
    return Dialer(Endpoint(url), encoding, "websocket", timeout_s)


async def test_a_server_that_sends_no_welcome_times_out() -> None:
    """The limit covers the handshake and the welcome."""
    async with mute_server() as url, aclosing(dialer(url, timeout_s=0.05)) as dialing:
        with pytest.raises(TransportError, match=r"0\.05 s"):
            await dialing.dial()


async def test_a_first_message_other_than_the_welcome_is_a_violation_of_the_protocol() -> None:
    async with scripted_server() as server, aclosing(dialer(server.url)) as dialing:

        async def serve() -> None:
            client = await server.client()
            await client.say(update(0, 1, {}))

        serving = asyncio.create_task(serve())
        with pytest.raises(TransportError, match="welcome") as caught:
            await dialing.dial()
        assert caught.value.broken
        await serving


async def test_the_subprotocol_requests_the_encoding() -> None:
    """Frames are decoded by their own type, whatever was requested."""
    for encoding in ("json", "msgpack"):
        async with scripted_server() as server, aclosing(dialer(server.url, encoding)) as dialing:
            connecting = asyncio.create_task(dialing.dial())
            client = await server.client()
            assert client.request.headers["Sec-WebSocket-Protocol"] == f"ticker.v1.{encoding}"
            assert "Sec-WebSocket-Extensions" not in client.request.headers
            client.codec = codec_for("json" if encoding == "msgpack" else "msgpack")
            await client.say(welcome("one"))
            transport = await connecting
            assert transport.welcome.epoch == "one"
            await transport.close()
            assert await client.closed == 1000


async def test_a_404_is_final() -> None:
    async with scripted_server() as server, aclosing(dialer(server.url + "/elsewhere")) as dialing:
        with pytest.raises(RefusedError) as caught:
            await dialing.dial()
        assert caught.value.code == "http-404"


def test_an_unknown_transport_is_rejected() -> None:
    with pytest.raises(ValueError, match="carrier pigeon"):
        Dialer(Endpoint("localhost"), "json", "carrier pigeon", 1.0)  # type: ignore[arg-type]

"""Addresses, and what the end of a connection means."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.support.scripted_server import mute_server, scripted_server, update, welcome
from ticker.backoff import retry_after_s
from ticker.client.address import public_url, stream_url
from ticker.client.exceptions import TransportBlockedError, TransportError
from ticker.client.protocol.protocol import ProtocolViolationError
from ticker.client.transports.encodings import Encodings
from ticker.client.transports.websocket import dial
from ticker.errors import RefusedError
from ticker.wire.codec import codec_for


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ("ws://127.0.0.1:8000", "ws://127.0.0.1:8000/v1/stream"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/v1/stream"),
        ("https://prices.example", "wss://prices.example/v1/stream"),
        ("wss://prices.example/eu/v1/stream", "wss://prices.example/eu/v1/stream"),
        ("127.0.0.1:8000", "ws://127.0.0.1:8000/v1/stream"),
        ("localhost", "ws://localhost/v1/stream"),
        ("[::1]:8000", "ws://[::1]:8000/v1/stream"),
        ("ws://h:1?token=x#part", "ws://h:1/v1/stream?token=x"),
    ],
)
def test_an_address_may_be_written_as_people_write_it(given: str, endpoint: str) -> None:
    """With any scheme that fits, or none; with a path or without."""
    assert str(stream_url(given)) == endpoint


@pytest.mark.parametrize("given", ["", "ftp://h", "ws://", "http:///path", "ws://h:port"])
def test_what_is_no_address_is_refused(given: str) -> None:
    """Where it is written, and not by a connection that fails for ever."""
    with pytest.raises(ValueError, match=r"."):
        stream_url(given)


def test_no_secret_of_the_address_reaches_the_log() -> None:
    """Neither a password nor a token in the query."""
    assert public_url(stream_url("wss://me:secret@h:1/x?token=secret")) == "wss://h:1/x"


def test_retry_after_is_read_in_both_its_forms() -> None:
    """Seconds or a date (RFC 9110, section 10.2.3); what is neither counts as none, and nobody waits for days."""
    now_s = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT
    assert retry_after_s("120", now_s) == 120
    assert retry_after_s("Sun, 06 Nov 1994 08:50:37 GMT", now_s) == 60
    assert retry_after_s("Sun, 06 Nov 1994 08:00:00 GMT", now_s) == 0
    assert retry_after_s("", now_s) == 0
    assert retry_after_s("soon", now_s) == 0
    assert retry_after_s("9" * 400, now_s) == 3600


def test_a_message_of_an_unknown_type_is_passed_over_and_nonsense_is_not() -> None:
    """A newer server may say more; what can't be read at all might have been a price."""
    encodings = Encodings("json")
    assert encodings.decode('{"type":"weather","sun":true}') is None
    assert encodings.decode(b"\x81\xa4type\xa7weather") is None
    for broken in ('{"type":"update"}', "[]", "nonsense", '{"type":7}', b"\xc1"):
        with pytest.raises(ProtocolViolationError):
            encodings.decode(broken)


async def test_a_server_that_never_welcomes_is_given_up() -> None:
    """Within the time for an attempt, the handshake included."""
    async with mute_server() as url, aiohttp.ClientSession() as session:
        with pytest.raises(TransportError, match=r"within 0\.05 s"):
            await dial(session, stream_url(url), Encodings("json"), 0.05)


async def test_a_server_that_begins_with_something_else_is_no_ticker() -> None:
    """That is told, and doesn't count as a success."""
    async with scripted_server() as server, aiohttp.ClientSession() as session:

        async def serve() -> None:
            client = await server.client()
            await client.say(update(0, 1, {}))

        serving = asyncio.create_task(serve())
        with pytest.raises(TransportError, match="welcome") as caught:
            await dial(session, stream_url(server.url), Encodings("json"), 5)
        assert caught.value.broken
        await serving


async def test_the_encoding_is_asked_for_by_subprotocol() -> None:
    """And each frame is read by its own kind, whatever was asked for."""
    for encoding in ("json", "msgpack"):
        async with scripted_server() as server, aiohttp.ClientSession() as session:
            dialling = asyncio.create_task(dial(session, stream_url(server.url), Encodings(encoding), 5))
            client = await server.client()
            assert client.request.headers["Sec-WebSocket-Protocol"] == f"ticker.v1.{encoding}"
            assert "Sec-WebSocket-Extensions" not in client.request.headers
            client.codec = codec_for("json" if encoding == "msgpack" else "msgpack")
            await client.say(welcome("one"))
            transport = await dialling
            assert transport.welcome.epoch == "one"
            await transport.close()
            assert await client.closed == 1000


async def test_a_page_that_is_no_stream_is_refused_for_good() -> None:
    """A wrong address stays wrong: 404 is not tried again."""
    async with scripted_server() as server, aiohttp.ClientSession() as session:
        with pytest.raises(TransportBlockedError) as caught:
            await dial(session, stream_url(server.url + "/elsewhere"), Encodings("json"), 5)
        assert isinstance(caught.value.verdict, RefusedError)
        assert caught.value.verdict.code == "http-404"

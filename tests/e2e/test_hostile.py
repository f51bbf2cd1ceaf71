"""Hostile messages and requests, sent to a real server: it answers or closes, and keeps working.

``tests/hostile`` has the messages and requests. Other clients are not affected, no response has a traceback, the log
has nothing verbatim, and memory does not grow.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.test_faults import following, resident_bytes
from tests.hostile.messages import ROOM, SYMBOLS, WATCHED, messages
from tests.hostile.requests import SECRET, HostileRequest, requests
from tests.support.day_file import write_days
from tests.support.frames import RawClient, handshake, raw_client, sent
from tests.support.loop_clock import LoopClock
from tests.support.model_client import decoded
from tests.support.processes import Server
from tests.support.python_names import python_names
from tests.support.serving import ScriptedFeed, serving
from tests.unit.server.websocket.test_frames import FORBIDDEN
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.server import Settings
from ticker.wire.codec import codec_for
from ticker.wire.codes import ERROR_CODES
from ticker.wire.limits import Limits

MESSAGES = messages()
#: After a first round, which fills caches.
ROUNDS = 3
#: How much memory may grow: less than the corpus, so nothing of it is kept.
GROWTH_BYTES = 32 * 1024 * 1024
_STREAMED = {"welcome", "update", "heartbeat", "present"}
#: Internals that no response and no log may show.
_INSIDES = re.compile(rb'Traceback|File "|site-packages|ticker/server')


class Hostile:
    """A client that sends anything. A ping after each message tells which answers belong to it."""

    def __init__(self, client: RawClient, encoding: str) -> None:
        self.client = client
        self.encoding = encoding
        self._pings = 0

    async def connect(self) -> None:
        self.client.send(handshake(path=f"/v1/stream?encoding={self.encoding}"))
        assert (await self.client.head())[0] == 101

    def say(self, payload: str | bytes) -> None:
        opcode, data = (1, payload.encode()) if isinstance(payload, str) else (2, payload)
        # A mask of zeros needs no masking, which would take long for a MiB.
        self.client.send(sent(opcode, data, mask=bytes(4)) if len(data) < 70_000 else _framed(opcode, data))

    async def answers(self, payload: str | bytes) -> list[dict[str, Any]]:
        """The answers to a message. Each must be a message of the protocol."""
        self._pings += 1
        last = f"ping {self._pings}"
        self.say(payload)
        self.say(json.dumps({"op": "ping", "id": last}))
        found: list[dict[str, Any]] = []
        while True:
            opcode, raw = await self.client.frame()
            assert opcode in (1, 2), f"closed: {raw!r}"
            assert not _INSIDES.search(raw)
            codec_for(self.encoding).decode_server(raw)
            message = decoded(raw, self.encoding)
            assert message["type"] != "error" or not python_names(message["message"]), message
            if message.get("id") == last:
                return found
            if message["type"] not in _STREAMED:
                found.append(message)


def _framed(opcode: int, data: bytes) -> bytes:
    return bytes((0x80 | opcode, 0xFF)) + len(data).to_bytes(8, "big") + bytes(4) + data


async def play_messages(port: int, encoding: str) -> None:
    """Send all messages that leave the connection open to one session. Its watchlist must not change."""
    async with asyncio.timeout(150), raw_client(port) as client:
        hostile = Hostile(client, encoding)
        await hostile.connect()
        await hostile.answers(json.dumps({"op": "subscribe", "symbols": WATCHED, "rate": 20}))
        await hostile.answers(json.dumps({"op": "join", "room": ROOM, "name": "Ann"}))
        for message in MESSAGES:
            if isinstance(message.answer, str):
                try:
                    answers = await hostile.answers(message.payload)
                except AssertionError as error:
                    raise AssertionError(message.name) from error
                told = [answer.get("code", answer["type"]) for answer in answers]
                assert told == [message.answer], (message.name, answers)
        (left,) = await hostile.answers('{"op":"unsubscribe","symbols":[]}')
        assert left["symbols"] == list(WATCHED)


async def play_one(port: int, wire: bytes, code: int) -> None:
    """Send something that closes the connection with ``code``."""
    async with raw_client(port) as client:
        await Hostile(client, "json").connect()
        client.send(wire)
        payload = await client.until(8)
        assert int.from_bytes(payload[:2], "big") == code
        assert not _INSIDES.search(payload)


def closing() -> Iterator[tuple[bytes, int]]:
    for message in MESSAGES:
        if isinstance(message.answer, int):
            data = message.payload.encode() if isinstance(message.payload, str) else message.payload
            yield _framed(1 if isinstance(message.payload, str) else 2, data), message.answer
    yield from FORBIDDEN.values()


async def play(port: int) -> None:
    await asyncio.gather(
        *(play_messages(port, encoding) for encoding in ("json", "msgpack")),
        *(play_one(port, wire, code) for wire, code in closing()),
    )


def test_the_corpus_is_large_and_varied() -> None:
    """Both encodings, and most kinds of answers."""
    kinds = {message.answer for message in MESSAGES}
    assert {"malformed", "unknown-op", "bad-argument", "unknown-channel", "bad-interval", "bad-rate"} < kinds
    assert {"too-many-symbols", "pong", "subscribed", "unsubscribed", "joined", "not-joined", 1009} < kinds
    for encoding in (str, bytes):
        assert sum(isinstance(message.payload, encoding) for message in MESSAGES) >= 200
    assert all(message.answer in ERROR_CODES for message in MESSAGES if "-" in str(message.answer))


@pytest.mark.timeout(360)
async def test_hostile_messages_are_answered_or_close_the_connection() -> None:
    """Another client gets its prices all along, and memory does not grow."""
    feed = ("--symbols", ",".join(SYMBOLS), "--ticks-per-second", "200")
    # Rate limits are tested elsewhere.
    limits = ("--max-symbols", "3", "--max-messages-per-second", "10000")
    with Server(*feed, *limits, "--log-level", "debug") as server:
        async with following(server.port, 20) as bystander:
            await play(server.port)
            before = resident_bytes(server)
            for _ in range(ROUNDS):
                had = len(bystander.updates)
                await play(server.port)
                assert len(bystander.updates) > had
            grown = resident_bytes(server) - before
            await bystander.agrees(server)
            health = await asyncio.to_thread(server.get, "/healthz")
            assert (health["status"], health["problems"], health["feed"]["state"]) == ("ok", [], "live")
        assert grown < GROWTH_BYTES
        check_log(server)


async def answer_of(client: RawClient) -> bytes:
    """Head and body of the response, or what was received before the connection ended."""
    raw = b""
    with contextlib.suppress(ConnectionError):
        while data := await client.reader.read(65_536):
            raw += data
            head, _, body = raw.partition(b"\r\n\r\n")
            size = re.search(rb"(?i)\ncontent-length: (\d+)", head)
            if size and len(body) >= int(size[1]):
                break
    return raw


async def ask(port: int, request: HostileRequest, slots: asyncio.Semaphore) -> str | None:
    """What is wrong with the response, or None."""
    async with slots, raw_client(port) as client:
        client.send(request.wire)
        try:
            raw = await asyncio.wait_for(answer_of(client), 60)
        except TimeoutError:
            return f"{request.name}: no answer"
    if not raw and not request.answered:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head.startswith(b"HTTP/") else 0
    if status not in request.statuses:
        return f"{request.name}: {raw[:200]!r}"
    if _INSIDES.search(raw) or b"X-Injected: 1" in head:
        return f"{request.name}: shows too much: {raw[:400]!r}"
    if re.findall(rb"(?im)^server: (.*?)\r?$", head) != [b"ticker"]:
        return f"{request.name}: not one `Server: ticker`: {head!r}"
    if status >= 400:
        error = json.loads(body)
        if error["type"] != "error" or error["code"] not in ERROR_CODES or python_names(error["message"]):
            return f"{request.name}: {body[:200]!r}"
    return None


@pytest.mark.timeout(360)
async def test_hostile_requests_are_answered(tmp_path: Path) -> None:
    """None with an internal error, and nothing of them is logged verbatim."""
    keys, secret = tmp_path / "keys.json", tmp_path / "secret"
    secret.write_text("x" * 40)
    with editing(keys) as found:
        _, bearer = add(found, "desk", Entitlements(admin=True))
    files = str(write_days(tmp_path / "days.csv"))
    who = ("--keys", str(keys), "--jwt-key", str(secret), "--max-attempts-per-minute", "1000")
    with Server(files, *who, "--log-level", "debug") as server:
        slots = asyncio.Semaphore(40)
        for _ in range(2):
            wrong = await asyncio.gather(*(ask(server.port, request, slots) for request in requests(bearer)))
            assert [each for each in wrong if each] == []
        assert (await asyncio.to_thread(server.get, "/healthz"))["status"] == "ok"
        log = check_log(server)
    assert SECRET not in log
    assert bearer not in log


def check_log(server: Server) -> str:
    """Stop the server, and check everything that it has logged."""
    server.process.terminate()
    out, log = server.process.communicate(timeout=60)
    for line in (out + log).splitlines():
        assert line.isprintable(), ascii(line[:200])
        assert len(line) < 300, line[:300]
    assert "Traceback" not in log, log[:3_000]
    assert "ERROR" not in log, log[:3_000]
    assert "came too fast" not in log
    return log


async def test_an_unfinished_body_gets_408(tmp_path: Path) -> None:
    """Without any bytes or byte by byte, on a route that needs no key. Then the connection is closed."""
    keys = tmp_path / "keys.json"
    with editing(keys) as found:
        add(found, "desk", Entitlements())
    limits = msgspec.structs.replace(Limits(), handshake_seconds=1)
    async with serving(ScriptedFeed(), Settings(port=0, keys=keys, limits=limits)) as service:

        async def trickle(client: RawClient) -> None:
            while True:
                client.send(b"x")
                await asyncio.sleep(0.02)

        async with raw_client(service.port) as mute, raw_client(service.port) as slow:
            for client in (mute, slow):
                head = b"POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                client.send(head, b"Content-Length: 10000\r\n\r\n")
            trickling = asyncio.create_task(trickle(slow))
            assert (await mute.head())[0] == 408
            assert b"malformed" in await mute.reader.readexactly(40)
            async with asyncio.timeout(60):
                # A client that is still sending may see a reset before it has read the response.
                with contextlib.suppress(ConnectionError):
                    assert (await slow.head())[0] == 408
                for client in (mute, slow):
                    with contextlib.suppress(ConnectionError):
                        await client.reader.read(-1)
            trickling.cancel()


async def test_a_malformed_chunk_is_a_clients_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Although the request is already being handled, nothing is logged as an error."""
    keys = tmp_path / "keys.json"
    with editing(keys) as found:
        add(found, "desk", Entitlements())
    with caplog.at_level(logging.DEBUG):
        clock = LoopClock()
        limits = msgspec.structs.replace(Limits(), handshake_seconds=30)
        async with serving(ScriptedFeed(), Settings(port=0, keys=keys, limits=limits)) as service:
            async with raw_client(service.port) as client:
                head = b"POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                client.send(head, b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
                assert (await client.head())[0] == 100
                client.send(b"zz\r\n")
                clock.skip(31)
                assert (await client.head())[0] in (400, 408)
                assert b"malformed" in await client.reader.readexactly(40)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_client_that_reads_no_responses_is_disconnected() -> None:
    """And the memory of its responses is released."""
    limits = msgspec.structs.replace(Limits(), slow_seconds=1)
    names = tuple(f"{number:05}".rjust(64, "N") for number in range(5_000))
    async with serving(ScriptedFeed(names), Settings(port=0, limits=limits)) as service:
        assert service._runner is not None
        server = service._runner.server
        assert server is not None
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.connect(("127.0.0.1", service.port))
            client.setblocking(False)
            # Each response has more than 300 KB.
            await asyncio.get_running_loop().sock_sendall(
                client, b"GET /v1/symbols HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40
            )
            async with asyncio.timeout(60):
                while not server.connections:
                    await asyncio.sleep(0.01)
            async with asyncio.timeout(30):
                while server.connections:
                    await asyncio.sleep(0.05)


async def test_close_codes_that_clients_invent_are_counted_as_one() -> None:
    """Three thousand codes would be too many rows in the metrics."""
    async with serving(ScriptedFeed()) as service:
        for code in (1000, 3000, 3001, 4321, 4999, 4408):
            async with raw_client(service.port) as client:
                await Hostile(client, "json").connect()
                client.send(sent(8, code.to_bytes(2, "big")))
                assert await client.closed() == code
        async with asyncio.timeout(60):
            while service.hub.sessions:
                await asyncio.sleep(0.01)
        assert service.registry.closes == {1000: 1, 3000: 4, 4408: 1}


async def test_a_client_that_sends_too_large_a_message_can_read_the_close() -> None:
    """While it is still sending. Disconnected at once it would lose the close, reconnect and send the message again."""

    def send(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(handshake())
            with client.makefile("rb") as stream:
                while stream.readline() != b"\r\n":
                    pass
                welcome = stream.read(4)
                stream.read(int.from_bytes(welcome[2:], "big"))
                client.sendall(bytes((0x82, 0xFF)) + (32_000_000).to_bytes(8, "big") + bytes(4))
                # The close has arrived, unread.
                assert select.select([client], [], [], 60)[0]
                for _ in range(250):
                    client.sendall(bytes(65_536))
                return stream.read(4)

    async with serving(ScriptedFeed()) as service:
        first, _, *code = await asyncio.to_thread(send, service.port)
        assert (first, int.from_bytes(bytes(code), "big")) == (0x88, 1009)

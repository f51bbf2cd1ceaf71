"""Attackers: clients that flood the server, reset their connections and reconnect when they are cut.

Each has a loopback address of its own, and so a message budget of its own. An attack lasts some seconds; the checkpoint
after it finds what it did to the other clients.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections import Counter
from typing import Any, Final

from tests.soak.wire import LOST
from tests.support.frames import RawClient, handshake, sent

#: Messages written at once, and the pauses between bursts and before reconnecting: an attacker must not need all of a
#: core itself.
BURST: Final = 300
BURST_PAUSE_S: Final = 0.05
RECONNECT_S: Final = 0.05
#: Rooms, and alerts, of all attackers: few, as they stay for good.
ROOMS: Final = 8
OWNERS: Final = 4
#: Closes a socket with a reset instead of an end.
_RESET: Final = struct.pack("ii", 1, 0)

KINDS: Final = ("messages", "chat", "alerts", "resets")


class Attacker:
    """``counts``: connects, refusals (of the upgrade), cuts (by the server), resets (by itself), messages."""

    def __init__(self, number: int, port: int, rng: random.Random) -> None:
        self.kind = KINDS[number % len(KINDS)]
        self.name = f"attacker {number + 1} ({self.kind})"
        self.counts: Counter[str] = Counter()
        self._address = f"127.0.0.{31 + number}"
        self._port = port
        self._rng = rng
        self._go = asyncio.Event()
        self._idle = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def attack(self, for_s: float) -> None:
        self._go.set()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(for_s, self._go.clear)

    async def hold(self) -> None:
        """End the attack, and wait until the connection has ended."""
        self._go.clear()
        await self._idle.wait()

    async def run(self) -> None:
        while True:
            self._idle.set()
            await self._go.wait()
            self._idle.clear()
            try:
                await self._visit()
            except LOST:
                self.counts["cuts"] += 1
            await asyncio.sleep(RECONNECT_S)

    async def _visit(self) -> None:
        """Flood one connection until it is cut, or the attack ends. Raises the exceptions of ``LOST``."""
        sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.bind((self._address, 0))
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
            reader, writer = await asyncio.open_connection(sock=sock)
        except BaseException:
            sock.close()
            raise
        try:
            raw = RawClient(reader, writer)
            raw.send(handshake())
            status, _ = await raw.head()
            if status != 101:
                self.counts["refusals"] += 1
                return
            self.counts["connects"] += 1
            raw.send(*(sent(1, json.dumps(message).encode()) for message in self._greeting()))
            while self._go.is_set():
                raw.send(*(sent(1, json.dumps(message).encode()) for message in self._burst()))
                self.counts["messages"] += BURST
                if self.kind == "resets":
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self.counts["resets"] += 1
                    return
                await self._read(reader)
                await asyncio.sleep(BURST_PAUSE_S)
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Read what has arrived: an attacker that doesn't read is a slow client, of which there are others."""
        try:
            async with asyncio.timeout(BURST_PAUSE_S):
                while await reader.read(65_536):
                    pass
        except TimeoutError:
            return
        raise EOFError

    def _greeting(self) -> list[dict[str, Any]]:
        if self.kind != "chat":
            return []
        return [{"op": "join", "room": f"flood {room}", "name": "mallory"} for room in range(ROOMS)]

    def _burst(self) -> list[dict[str, Any]]:
        return [self._message() for _ in range(BURST)]

    def _message(self) -> dict[str, Any]:
        rng = self._rng
        number = rng.randrange(200)
        if self.kind == "chat":
            return {"op": "say", "room": f"flood {rng.randrange(ROOMS)}", "text": "buy " * rng.randrange(1, 40)}
        if self.kind == "alerts":
            owner = f"flood {rng.randrange(OWNERS)}"
            if rng.random() < 0.5:
                return {"op": "alerts", "owner": owner}
            # So high that it never fires.
            return {"op": "alert", "id": number, "symbol": "AAPL", "when": "last >= 1e9", "owner": owner}
        if self.kind == "resets":
            return {"op": "ping", "data": number}
        op = rng.choice(["subscribe", "unsubscribe", "ping", "unknown"])
        return {"op": op, "symbols": ["*"] if rng.random() < 0.2 else ["AAPL", "MSFT"], "id": number}

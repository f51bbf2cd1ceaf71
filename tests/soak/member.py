"""Clients that chat and set alerts, on one WebSocket each. The server keeps both over restarts (``--state``)."""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from itertools import count
from typing import Any, Final

from tests.soak.client import Client
from tests.soak.expected import Expected
from tests.soak.wire import LOST, ClosedError, WebSocketWire
from tests.support.model_client import Message

#: Within 30 chat messages a minute.
SAY_S: Final = 2.5
ALERT_S: Final = 0.5
ROOM: Final = "desk"
#: Never removed by the soak's feed.
SYMBOL: Final = "AAPL"


class TalkingClient(Client):
    """Sends a message of its own every ``every_s`` while it is connected."""

    every_s: float

    def __init__(self, name: str, kind: str, port: int, rng: random.Random) -> None:
        super().__init__(name, kind, rng)
        self._port = port
        self._wire: WebSocketWire | None = None
        self._numbers = count(1)

    async def run(self) -> None:
        while True:
            await self.here.wait()
            wire = None
            try:
                wire = await WebSocketWire.open(self._port, "json")
                self.counts["connects"] += 1
                await self._converse(wire)
            except ClosedError as error:
                self.closes[error.code] += 1
            except LOST:
                self.counts["losses"] += 1
            finally:
                self._wire = None
                if wire is not None:
                    wire.abort()
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))

    async def _converse(self, wire: WebSocketWire) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time() + self.every_s
        receiving = asyncio.create_task(wire.receive())
        try:
            while True:
                await self.awake.wait()
                await asyncio.wait([receiving], timeout=max(0.0, next_s - loop.time()))
                if receiving.done():
                    message = receiving.result()
                    receiving = asyncio.create_task(wire.receive())
                    if message is not None:
                        self.counts["messages"] += 1
                        if message["type"] == "welcome":
                            self._wire = wire
                            wire.say(self._greeting())
                        else:
                            self._take(message)
                elif self._wire is not None:
                    next_s = loop.time() + self.every_s
                    if self._is_greeted():
                        wire.say(self._next())
        finally:
            receiving.cancel()

    def _go(self, *, politely: bool) -> None:
        if self._wire is not None:
            if politely:
                self._wire.leave()
            else:
                self._wire.abort()

    @abstractmethod
    def _greeting(self) -> Message:
        """The first message of a connection."""

    @abstractmethod
    def _is_greeted(self) -> bool: ...

    @abstractmethod
    def _next(self) -> Message: ...

    @abstractmethod
    def _take(self, message: Message) -> None: ...


class RoomBook:
    """What was said in the room, as its members saw it: they must have seen the same.

    A server that was killed may not have stored its last messages. The room then has a new epoch and a new book.
    """

    def __init__(self) -> None:
        self.begin("")

    def begin(self, epoch: str) -> None:
        self.epoch = epoch
        self.newest = 0
        self._said: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def enter(self, seq: int, text: str) -> None:
        known = self._said.setdefault(seq, text)
        assert known == text, f"number {seq} of the room is {text!r}, and was {known!r}"
        number = self._numbers.setdefault(text, seq)
        assert number == seq, f"{text!r} is message {seq}, and was {number}"
        self.newest = max(self.newest, seq)


class Member(TalkingClient):
    """A member of the room: gets each message once, numbered without gaps, over all restarts of the server."""

    every_s = SAY_S

    def __init__(self, number: int, port: int, rng: random.Random, book: RoomBook) -> None:
        super().__init__(f"member {number} of the room", "model, websocket, chat", port, rng)
        self._label = f"member {number}"
        self._book = book
        #: Of the room's epoch: the number of the newest message.
        self._seq: int | None = None
        self._epoch = ""
        self._joined = False

    def _greeting(self) -> Message:
        self._joined = False
        message: dict[str, Any] = {"op": "join", "room": ROOM, "name": self._label}
        if self._seq is not None:
            message["since"] = {"epoch": self._epoch, "version": self._seq}
            self.counts["resumes"] += 1
        return message

    def _is_greeted(self) -> bool:
        return self._joined

    def _next(self) -> Message:
        return {"op": "say", "room": ROOM, "text": f"{self._label} says {next(self._numbers)}", "id": "say"}

    def _take(self, message: Message) -> None:
        if message["type"] == "joined":
            self._joined = True
            epoch = message["epoch"]
            if epoch != self._book.epoch:
                self._book.begin(epoch)
            if epoch != self._epoch:
                self._epoch, self._seq = epoch, None
            assert message["seq"] >= (self._seq or 0), f"the room is at {message['seq']}, and was at {self._seq}"
        elif message["type"] == "said":
            seq = message["seq"]
            self._book.enter(seq, message["text"])
            if self._seq is not None and seq > self._seq:
                assert seq == self._seq + 1 + message.get("lost", 0), f"message {seq} follows {self._seq}"
            self._seq = max(seq, self._seq or 0)

    def differs(self, expected: Expected) -> str | None:
        if not self._joined or (self._seq or 0) < self._book.newest:
            return f"message {self._seq} is its newest of {self._book.newest}"
        return None

    @property
    def verified(self) -> tuple[int, int]:
        return self._seq or 0, 0


class AlertOwner(TalkingClient):
    """Sets alerts that are true at once: each fires once, numbered without gaps, over all restarts of the server."""

    every_s = ALERT_S

    def __init__(self, number: int, port: int, rng: random.Random) -> None:
        super().__init__(f"owner {number} of alerts", "model, websocket, alerts", port, rng)
        self._owner = f"soak {number}"
        self._seq: int | None = None
        self._greeted = False
        #: Alerts that the server has acknowledged; the number under which each fired.
        self._set: set[int] = set()
        self._fired: dict[int, int] = {}

    def _greeting(self) -> Message:
        self._greeted = False
        message: dict[str, Any] = {"op": "alerts", "owner": self._owner, "id": "all"}
        if self._seq is not None:
            message["since"] = self._seq
            self.counts["resumes"] += 1
        return message

    def _is_greeted(self) -> bool:
        return self._greeted

    def _next(self) -> Message:
        number = next(self._numbers)
        return {"op": "alert", "id": number, "symbol": SYMBOL, "when": "last > 0", "owner": self._owner}

    def _take(self, message: Message) -> None:
        if message["type"] == "alerts":
            self._greeted = True
            self._set |= {each["id"] for each in message["alerts"]}
            if message.get("id") != "all":
                self._set.add(message["id"])
        elif message["type"] == "alert":
            number, seq = message["id"], message["seq"]
            assert self._fired.setdefault(number, seq) == seq, f"alert {number} fired as {seq}, and as another before"
            if self._seq is not None and seq > self._seq:
                assert seq == self._seq + 1 + message.get("lost", 0), f"alert {seq} follows {self._seq}"
            self._seq = max(seq, self._seq or 0)

    def differs(self, expected: Expected) -> str | None:
        if expected.data.get(SYMBOL, {}).get("last") is None:
            return None
        waiting = self._set - self._fired.keys()
        return f"alert {min(waiting)} has not fired" if waiting else None

    @property
    def verified(self) -> tuple[int, int]:
        return len(self._fired), 0

"""A client that knows the protocol and nothing of the project: it asserts the rules on each message it gets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from itertools import count
from typing import Any

from tests.soak.bars import Bars
from tests.soak.client import Client
from tests.soak.expected import Truth
from tests.soak.tape import ALL, Happened, Tape
from tests.soak.wire import LOST, EventWire, GoneError, WebSocketWire, Wire
from tests.support.model_client import Message, ModelClient

INTERVAL = "1s"


class Modelled(Client):
    """``wanted``: the symbols, by channel. ``happened``: what it records for all, if it watches everything."""

    def __init__(
        self,
        name: str,
        port: int,
        wanted: dict[str, set[str]],
        *,
        transport: str,
        encoding: str,
        rate_hz: float,
        chance: random.Random,
        happened: dict[str, Happened] | None = None,
    ) -> None:
        super().__init__(name, f"model, {transport}, {encoding}", chance)
        self.wanted = wanted
        self._port = port
        self._transport = transport
        self._encoding = encoding
        self._rate_hz = rate_hz
        self._happened = happened or {}
        self._model = ModelClient()
        self._tapes: dict[str, Tape] = {channel: Tape(channel) for channel in ("trades", "quotes") if channel in wanted}
        self._bars = Bars(INTERVAL)
        self._ids = count(1)
        #: What was asked and not answered yet: channel, symbols, whether to go on from where it was.
        self._asked: dict[int | None, tuple[str, list[str], bool]] = {}
        self._wire: Wire | None = None
        self._welcomed = False

    async def run(self) -> None:
        while True:
            await self.here.wait()
            wire: Wire | None = None
            try:
                wire = await self._open()
                self.counts["connects"] += 1
                await self._converse(wire)
            except GoneError as error:
                self.closes[error.code] += 1
            except LOST:
                self.counts["losses"] += 1
            finally:
                self._wire, self._welcomed = None, False
                self._asked.clear()
                if wire is not None:
                    wire.abort()
            await asyncio.sleep(self._chance.uniform(0.05, 0.3))

    async def _open(self) -> Wire:
        if self._transport == "websocket":
            return await WebSocketWire.open(self._port, self._encoding)
        # A stream is asked for one channel in its address; what can't be said there is asked for whole.
        channel = next(iter(self.wanted))
        (message, *others) = self._questions(channel, self._model.epoch)
        if others:
            self._model.watch.clear()
            (message,) = self._questions(channel, None)
        query = {**message, "symbols": ",".join(message["symbols"])}
        if (since := query.pop("since", None)) is not None:
            query |= {"epoch": since["epoch"], "since": since["version"]}
        # Its answer has no id.
        self._asked = {None: self._asked.pop(query.pop("id"))}
        return await EventWire.open(self._port, query)

    async def _converse(self, wire: Wire) -> None:
        while True:
            await self.awake.wait()
            message = await wire.receive()
            if message is None:
                continue
            self.counts["messages"] += 1
            self._take(message)
            if message["type"] == "welcome" and not self._welcomed:
                self._welcomed, self._wire = True, wire
                self._ask_all(wire)

    # What it asks

    def _ask_all(self, wire: Wire) -> None:
        asked = {channel: set(symbols) for channel, symbols, _ in self._asked.values()}
        for channel, wanted in self.wanted.items():
            if channel not in asked:
                for question in self._questions(channel, self._model.epoch):
                    wire.say(question)
            elif asked[channel] != wanted:
                # What the address asked for is not what is wanted any more.
                self._change(channel, wanted - asked[channel], asked[channel] - wanted)

    def _questions(self, channel: str, epoch: str | None) -> list[Message]:
        """Of a new connection: to go on from where it was, in that epoch, and for the rest to come whole."""
        wanted = self.wanted[channel]
        if not wanted:
            return []
        if channel != "ticker":
            number = self._bars.number if channel == "bars" else self._tapes[channel].number
            return [self._question(channel, wanted, number, epoch)]
        model = self._model
        settled = (model.watch - model.due.keys()) & wanted if epoch is not None and model.version else set()
        model.watch, model.due = set(settled), {}
        model.view = {name: fields for name, fields in model.view.items() if ALL in settled or name in settled}
        asked = [self._question(channel, settled, model.version, epoch)] if settled else []
        return asked + ([self._question(channel, wanted - settled, None, None)] if wanted - settled else [])

    def _question(self, channel: str, symbols: Collection[str], position: int | None, epoch: str | None) -> Message:
        message: dict[str, Any] = {"op": "subscribe", "id": next(self._ids), "channel": channel}
        message |= {"symbols": sorted(symbols), "rate": self._rate_hz}
        if channel == "bars":
            message["interval"] = INTERVAL
        if position is not None and epoch is not None:
            message["since"] = {"epoch": epoch, "version": position}
            self.counts["resumes"] += 1
        self._asked[message["id"]] = channel, message["symbols"], "since" in message
        return message

    def rewatch(self, add: set[str], remove: set[str]) -> None:
        for channel, wanted in self.wanted.items():
            if ALL in wanted:
                continue
            less, more = wanted & remove, add - wanted
            if not wanted - less:
                less = set()
            wanted -= less
            wanted |= more
            self._change(channel, more, less)

    def _change(self, channel: str, more: set[str], less: set[str]) -> None:
        if less:
            message: dict[str, Any] = {"op": "unsubscribe", "id": next(self._ids), "channel": channel}
            message["symbols"] = sorted(less)
            if channel == "bars":
                message["interval"] = INTERVAL
            self._asked[message["id"]] = channel, message["symbols"], False
            self._say(message)
        if more:
            self._say(self._question(channel, more, None, None))

    def change_rate(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        channel = next(iter(self.wanted))
        if self.wanted[channel]:
            # Some symbol that it has already.
            self._say(self._question(channel, [min(self.wanted[channel])], None, None))

    def babble(self) -> None:
        self._say({"op": "babble"})

    def _say(self, message: Message) -> None:
        # Before it is welcomed, or while it is away, what it wants is asked for by and by.
        if self._wire is not None:
            self._wire.say(message)
        else:
            self._asked.pop(message.get("id"), None)

    def _go(self, *, politely: bool) -> None:
        if self._wire is not None:
            if politely:
                self._wire.leave()
            else:
                self._wire.abort()

    # What it is told

    def _take(self, message: Message) -> None:
        kind = message["type"]
        if kind == "welcome":
            if message["epoch"] != self._model.epoch:
                self._bars.forget()
                for tape in self._tapes.values():
                    tape.forget()
            self._model.handle(message)
        elif kind in self._tapes:
            self._tapes[kind].take(message)
            if (happened := self._happened.get(kind)) is not None:
                if happened.epoch != self._model.epoch:
                    happened.begin(self._model.epoch, message["since"])
                happened.note(message)
        elif kind == "bars":
            self._bars.take(message)
        elif kind in ("subscribed", "unsubscribed"):
            self._answered(message)
        elif kind == "error":
            assert message["code"] == "unknown-op", f"it was refused: {message}"
            self.counts["errors"] += 1
        elif kind == "update" or not self._asked:
            # A heartbeat has the version that the server knows of: before it has answered, that is no other's.
            self._model.handle(message)
            self._model.updates.clear()

    def _answered(self, message: Message) -> None:
        channel, symbols, resumes = self._asked.pop(message.get("id"))
        assert channel == message["channel"]
        for name in message.get("rejected", ()):
            # It was removed from the market; who wants it asks again some time.
            self.wanted[channel].discard(name)
        if channel == "bars":
            self._bars.watch(message["symbols"])
        elif channel in self._tapes:
            self._tapes[channel].watch(message["symbols"])
        else:
            if message["type"] == "subscribed":
                self._model.subscribed(symbols, resume=resumes)
            else:
                self._model.unsubscribed(symbols)
            self._model.handle(message)
            self._model.answers.clear()
            assert self._model.watch == set(message["symbols"]), "the answer tells another watchlist"

    # What it has

    def differs(self, truth: Truth) -> str | None:
        model = self._model
        if not self._welcomed or self._asked:
            return "it is not connected, or was not answered"
        if model.epoch != truth.epoch:
            return f"it is in epoch {model.epoch}, and the server in {truth.epoch}"
        if "ticker" in self.wanted and (difference := truth.differs(model.filled, self.wanted["ticker"])) is not None:
            return f"ticker, at version {model.version} of {truth.version}: {difference}"
        for channel, tape in self._tapes.items():
            found = tape.differs(truth.happened[channel], truth.epoch, truth.heads[channel])
            if found is not None:
                return found
        return self._bars.differs(truth.bars)

    def settle(self, truth: Truth) -> None:
        for channel, tape in self._tapes.items():
            tape.settle(truth.happened[channel])
        self._bars.settle(truth.bars)

    @property
    def verified(self) -> tuple[int, int]:
        tapes = self._tapes.values()
        return sum(tape.verified for tape in tapes) + self._bars.verified, sum(tape.lost for tape in tapes)

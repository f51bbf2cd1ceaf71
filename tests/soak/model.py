"""A client written from the protocol document alone. It asserts the protocol's rules on each message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from itertools import count
from typing import Any

from tests.soak.bars import Bars
from tests.soak.client import Client
from tests.soak.expected import Expected
from tests.soak.tape import ALL, Recording, Tape
from tests.soak.wire import LOST, ClosedError, EventWire, WebSocketWire, Wire
from tests.support.model_client import Message, ModelClient

INTERVAL = "1s"


class ModelledClient(Client):
    """``wanted`` are the symbols by channel. The recorder has ``recording``, which it fills."""

    def __init__(
        self,
        name: str,
        port: int,
        wanted: dict[str, set[str]],
        *,
        transport: str,
        encoding: str,
        rate_hz: float,
        rng: random.Random,
        recording: dict[str, Recording] | None = None,
    ) -> None:
        super().__init__(name, f"model, {transport}, {encoding}", rng)
        self.wanted = wanted
        self._port = port
        self._transport = transport
        self._encoding = encoding
        self._rate_hz = rate_hz
        self._recording = recording or {}
        self._model = ModelClient()
        self._tapes: dict[str, Tape] = {channel: Tape(channel) for channel in ("trades", "quotes") if channel in wanted}
        self._bars = Bars(INTERVAL)
        self._ids = count(1)
        #: Requests without an answer yet, by id: channel, symbols, whether it resumes.
        self._pending: dict[int | None, tuple[str, list[str], bool]] = {}
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
            except ClosedError as error:
                self.closes[error.code] += 1
            except LOST:
                self.counts["losses"] += 1
            finally:
                self._wire, self._welcomed = None, False
                self._pending.clear()
                if wire is not None:
                    wire.abort()
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))

    async def _open(self) -> Wire:
        if self._transport == "websocket":
            return await WebSocketWire.open(self._port, self._encoding)
        # The address of an event stream names one subscription; if two are needed, everything is requested anew.
        channel = next(iter(self.wanted))
        (message, *others) = self._requests(channel, self._model.epoch)
        if others:
            self._model.watch.clear()
            (message,) = self._requests(channel, None)
        query = {**message, "symbols": ",".join(message["symbols"])}
        if (since := query.pop("since", None)) is not None:
            query |= {"epoch": since["epoch"], "since": since["version"]}
        # The answer has no id.
        self._pending = {None: self._pending.pop(query.pop("id"))}
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
                self._subscribe_all(wire)

    # Requests

    def _subscribe_all(self, wire: Wire) -> None:
        asked = {channel: set(symbols) for channel, symbols, _ in self._pending.values()}
        for channel, wanted in self.wanted.items():
            if channel not in asked:
                for request in self._requests(channel, self._model.epoch):
                    wire.say(request)
            elif asked[channel] != wanted:
                # The watchlist has changed since the address was built.
                self._change(channel, wanted - asked[channel], asked[channel] - wanted)

    def _requests(self, channel: str, epoch: str | None) -> list[Message]:
        """The requests of a new connection: resume known symbols in ``epoch``, subscribe to the others."""
        wanted = self.wanted[channel]
        if not wanted:
            return []
        if channel != "ticker":
            number = self._bars.number if channel == "bars" else self._tapes[channel].number
            return [self._request(channel, wanted, number, epoch)]
        model = self._model
        settled = (model.watch - model.due.keys()) & wanted if epoch is not None and model.version else set()
        model.watch, model.due = set(settled), {}
        model.view = {name: fields for name, fields in model.view.items() if ALL in settled or name in settled}
        asked = [self._request(channel, settled, model.version, epoch)] if settled else []
        return asked + ([self._request(channel, wanted - settled, None, None)] if wanted - settled else [])

    def _request(self, channel: str, symbols: Collection[str], position: int | None, epoch: str | None) -> Message:
        message: dict[str, Any] = {"op": "subscribe", "id": next(self._ids), "channel": channel}
        message |= {"symbols": sorted(symbols), "rate": self._rate_hz}
        if channel == "bars":
            message["interval"] = INTERVAL
        if position is not None and epoch is not None:
            message["since"] = {"epoch": epoch, "version": position}
            self.counts["resumes"] += 1
        self._pending[message["id"]] = channel, message["symbols"], "since" in message
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
            self._pending[message["id"]] = channel, message["symbols"], False
            self._say(message)
        if more:
            self._say(self._request(channel, more, None, None))

    def change_rate(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        channel = next(iter(self.wanted))
        if self.wanted[channel]:
            # Subscribing to a watched symbol again changes only the rate.
            self._say(self._request(channel, [min(self.wanted[channel])], None, None))

    def send_unknown_op(self) -> None:
        self._say({"op": "babble"})

    def _say(self, message: Message) -> None:
        # Without a connection, the next one's first requests include it.
        if self._wire is not None:
            self._wire.say(message)
        else:
            self._pending.pop(message.get("id"), None)

    def _go(self, *, politely: bool) -> None:
        if self._wire is not None:
            if politely:
                self._wire.leave()
            else:
                self._wire.abort()

    # Messages

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
            if (recording := self._recording.get(kind)) is not None:
                if recording.epoch != self._model.epoch:
                    recording.begin(self._model.epoch, message["since"])
                recording.note(message)
        elif kind == "bars":
            self._bars.take(message)
        elif kind in ("subscribed", "unsubscribed"):
            self._answered(message)
        elif kind == "error":
            assert message["code"] == "unknown-op", f"it was refused: {message}"
            self.counts["errors"] += 1
        elif kind == "update" or not self._pending:
            # Until the server has answered, a heartbeat's version is of the old subscription.
            self._model.handle(message)
            self._model.updates.clear()

    def _answered(self, message: Message) -> None:
        channel, symbols, resumes = self._pending.pop(message.get("id"))
        assert channel == message["channel"]
        for name in message.get("rejected", ()):
            # The symbol was removed from the market.
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
            assert self._model.watch == set(message["symbols"]), "the answer has another watchlist"

    # Checks

    def differs(self, expected: Expected) -> str | None:
        model = self._model
        if not self._welcomed or self._pending:
            return "not connected, or without an answer"
        if model.epoch != expected.epoch:
            return f"in epoch {model.epoch}, the server in {expected.epoch}"
        if "ticker" in self.wanted:
            difference = expected.differs(model.filled, self.wanted["ticker"])
            if difference is not None:
                return f"ticker, at version {model.version} of {expected.version}: {difference}"
        for channel, tape in self._tapes.items():
            found = tape.differs(expected.recording[channel], expected.epoch, expected.heads[channel])
            if found is not None:
                return found
        return self._bars.differs(expected.bars)

    def settle(self, expected: Expected) -> None:
        for channel, tape in self._tapes.items():
            tape.settle(expected.recording[channel])
        self._bars.settle(expected.bars)

    @property
    def verified(self) -> tuple[int, int]:
        tapes = self._tapes.values()
        return sum(tape.verified for tape in tapes) + self._bars.verified, sum(tape.lost for tape in tapes)

"""The readers of sampled clients: they decode messages, check them and record their age."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Final, Protocol

import msgpack

#: Maximum number of faults reported per client.
_FAULTS: Final = 3


class Reader(Protocol):
    #: Rows, trades and quotes received.
    updates: int
    #: Time from the tick's timestamp to its arrival, in ns.
    ages: list[int]
    faults: list[str]

    def take(self, payload: bytes, now_ns: int) -> None: ...


class _Base:
    def __init__(self, symbols: Collection[str]) -> None:
        self.symbols = frozenset(symbols)
        self.updates = 0
        self.ages: list[int] = []
        self.faults: list[str] = []

    def fault(self, text: str) -> None:
        if len(self.faults) < _FAULTS:
            self.faults.append(text)

    def known(self, symbol: str) -> None:
        if symbol not in self.symbols:
            self.fault(f"{symbol} is not subscribed")


class Updates(_Base):
    """Reads the channel ``ticker``, merging changed fields as docs/protocol.md says."""

    def __init__(self, symbols: Collection[str], decode: Callable[[bytes], Any] = json.loads) -> None:
        super().__init__(symbols)
        self.rows: dict[str, dict[str, Any]] = {}
        self.version = 0
        self._decode = decode

    def take(self, payload: bytes, now_ns: int) -> None:
        message = self._decode(payload)
        if message["type"] != "update":
            if message["type"] == "error":
                self.fault(message["message"])
            return
        if message["since"] > self.version:
            self.fault(f"a gap: since {message['since']}, have {self.version}")
        is_news = message["since"] > 0
        self.version = message["version"]
        for symbol, fields in message["data"].items():
            self.known(symbol)
            self.rows.setdefault(symbol, {}).update(fields or {})
            self.updates += 1
            # The age of a snapshot's rows says nothing.
            if is_news and fields and "ts" in fields:
                self.ages.append(now_ns - self.born(fields, message))

    def born(self, fields: dict[str, Any], message: dict[str, Any]) -> int:  # noqa: ARG002 - an override uses it
        """The time from which a row's age counts: its newest tick."""
        ts: int = fields["ts"]
        return ts


class PackedUpdates(Updates):
    def __init__(self, symbols: Collection[str]) -> None:
        super().__init__(symbols, msgpack.unpackb)


class UpdatesAtOnce(Updates):
    """Ages count from the update's timestamp, which excludes the delay of the market's timer."""

    def born(self, fields: dict[str, Any], message: dict[str, Any]) -> int:  # noqa: ARG002 - the overridden method uses it
        ts: int = message["ts"]
        return ts


class Ticks(_Base):
    """Reads the channels ``trades`` and ``quotes`` and checks that no tick is missing."""

    def __init__(self, symbols: Collection[str]) -> None:
        super().__init__(symbols)
        self._versions: dict[str, int] = {}
        self.lost = 0

    def take(self, payload: bytes, now_ns: int) -> None:
        message = json.loads(payload)
        kind = message["type"]
        if kind == "error":
            self.fault(message["message"])
        if kind not in ("trades", "quotes"):
            return
        if message["since"] > self._versions.setdefault(kind, message["version"]):
            self.fault(f"a gap in {kind}")
        self._versions[kind] = message["version"]
        if lost := message.get("lost"):
            self.lost += sum(lost.values())
        for symbol, ts, *_ in message["data"]:
            self.known(symbol)
            self.ages.append(now_ns - ts)
        self.updates += len(message["data"])


class PeerTicks(_Base):
    """Reads one tick per message: ``{"symbol":…,"ts":…,"price":…,"size":…}``."""

    def take(self, payload: bytes, now_ns: int) -> None:
        tick = json.loads(payload)
        self.known(tick["symbol"])
        self.updates += 1
        self.ages.append(now_ns - tick["ts"])


class NatsTicks(PeerTicks):
    """The same within NATS's protocol: ``MSG subject sid size``, then the payload."""

    def __init__(self, symbols: Collection[str]) -> None:
        super().__init__(symbols)
        self._buffer = b""

    def take(self, payload: bytes, now_ns: int) -> None:
        self._buffer += payload
        while (end := self._buffer.find(b"\r\n")) >= 0:
            line = self._buffer[:end]
            if line.startswith(b"MSG "):
                size = int(line.rsplit(b" ", 1)[1])
                if len(self._buffer) < end + size + 4:
                    return
                super().take(self._buffer[end + 2 : end + 2 + size], now_ns)
                end += size + 2
            elif line.startswith(b"-ERR"):
                self.fault(line.decode())
            self._buffer = self._buffer[end + 2 :]


class FrameCounter(_Base):
    """Counts the floor's frames, which have no content."""

    def take(self, payload: bytes, now_ns: int) -> None:  # noqa: ARG002 - as in the others
        self.updates += 1


READERS: Final[dict[str, Callable[[Collection[str]], Reader]]] = {
    "updates": Updates,
    "packed": PackedUpdates,
    "at once": UpdatesAtOnce,
    "ticks": Ticks,
    "peer": PeerTicks,
    "nats": NatsTicks,
    "anything": FrameCounter,
}

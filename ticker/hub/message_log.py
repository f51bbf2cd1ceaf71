"""What people are told besides prices, numbered: a bounded log, and how far each of its readers has come.

As with prices nothing is queued for anybody: a reader is a number, and whoever is not ready goes on from it later. Who
falls out of the log is told how much was lost. This module knows no socket, no clock, and not what is said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from ticker.fanout.subscription import Outlet
from ticker.wire.codec import Codec

M = TypeVar("M", bound=msgspec.Struct)


class Entry(Generic[M]):
    """A message, encoded once for all who speak the same."""

    __slots__ = ("_payloads", "message")

    def __init__(self, message: M) -> None:
        self.message = message
        self._payloads: dict[str, bytes] = {}

    def payload(self, codec: Codec) -> bytes:
        payload = self._payloads.get(codec.name)
        if payload is None:
            payload = self._payloads[codec.name] = codec.encode(self.message)
        return payload


class Reader:
    """One client of a topic, and the number of the last message that it has."""

    __slots__ = ("codec", "outlet", "seq")

    def __init__(self, outlet: Outlet, codec: Codec, seq: int) -> None:
        self.outlet = outlet
        self.codec = codec
        self.seq = seq

    def payload(self, entry: Entry[Any], lost: int) -> bytes:
        """What it is sent of a message, before which ``lost`` were lost to it."""
        if lost:
            return self.codec.encode(msgspec.structs.replace(entry.message, lost=lost))
        return entry.payload(self.codec)


class MessageLog(Generic[M]):
    """Messages 1, 2, 3, … of which the newest ``kept`` are there. ``head`` is the newest one's number."""

    def __init__(self, kept: int, head: int = 0) -> None:
        self.head = head
        self.readers: dict[Reader, None] = {}
        self._entries: deque[Entry[M]] = deque(maxlen=kept)

    @property
    def tail(self) -> int:
        """The number before the oldest that is kept."""
        return self.head - len(self._entries)

    def add(self, make: Callable[[int], M]) -> M:
        """Add the message that ``make`` makes with its number. ``deliver`` sends it."""
        self.head += 1
        message = make(self.head)
        self._entries.append(Entry(message))
        return message

    def drop(self) -> M:
        """Let the oldest go before its time. Whoever hasn't got it is told that it is lost."""
        return self._entries.popleft().message

    def newest(self, count: int) -> list[M]:
        """The last messages, the oldest first."""
        return [entry.message for entry in list(self._entries)[-count:]]

    @property
    def behind(self) -> bool:
        """Whether a reader lacks something."""
        return any(reader.seq < self.head for reader in self.readers)

    def deliver(self) -> None:
        """Send each reader what it lacks, as far as it is ready."""
        for reader in self.readers:
            self.deliver_to(reader)

    def deliver_to(self, reader: Reader) -> int:
        """Send one reader what it lacks, as far as it is ready; returns how many messages that were."""
        sent = 0
        while reader.seq < self.head and reader.outlet.ready():
            lost = max(0, self.tail - reader.seq)
            entry = self._entries[reader.seq + lost - self.tail]
            payload = reader.payload(entry, lost)
            reader.seq += lost + 1
            reader.outlet.send(payload)
            sent += 1
        return sent

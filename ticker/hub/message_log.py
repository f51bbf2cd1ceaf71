"""A bounded log of numbered messages other than prices, and the position of each reader in it.

Nothing is queued per client: a reader is a number. A reader that is not ready continues from its number later; one that
has fallen out of the log is told how many messages it lost.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, TypeVar

import msgspec

from ticker.fanout.subscription import Outlet
from ticker.wire.codec import Codec

M = TypeVar("M", bound=msgspec.Struct)


class Entry(Generic[M]):
    """A message, encoded once per encoding."""

    __slots__ = ("_payloads", "message")

    def __init__(self, message: M) -> None:
        self.message = message
        self._payloads: dict[str, bytes] = {}

    def payload(self, codec: Codec) -> bytes:
        payload = self._payloads.get(codec.name)
        if payload is None:
            payload = self._payloads[codec.name] = codec.encode(self.message)
        return payload


class LogReader:
    """A client, and the number of the last message that it has."""

    __slots__ = ("codec", "outlet", "seq")

    def __init__(self, outlet: Outlet, codec: Codec, seq: int) -> None:
        self.outlet = outlet
        self.codec = codec
        self.seq = seq

    def payload(self, entry: Entry[Any], lost: int) -> bytes:
        """The encoded message for this client, which lost ``lost`` messages before it."""
        if lost:
            return self.codec.encode(msgspec.structs.replace(entry.message, lost=lost))
        return entry.payload(self.codec)


class MessageLog(Generic[M]):
    """Messages with a ``seq`` of 1, 2, 3, … of which the newest ``kept`` are stored. ``head`` is the newest number.

    The messages have a field ``lost``: the number of messages before them that a client has lost.
    """

    def __init__(self, kept: int, head: int = 0) -> None:
        self.head = head
        self.readers: dict[LogReader, None] = {}
        self._entries: deque[Entry[M]] = deque(maxlen=kept)

    @property
    def tail(self) -> int:
        """The number before the oldest message."""
        return self.head - len(self._entries)

    def add(self, message: M) -> None:
        """Add a message, whose number is ``head + 1``. ``deliver`` sends it."""
        self.head += 1
        self._entries.append(Entry(message))

    def drop(self) -> M:
        """Remove and return the oldest message. Readers that have not got it have lost it."""
        return self._entries.popleft().message

    @property
    def behind(self) -> bool:
        """Whether a reader lacks a message."""
        return any(reader.seq < self.head for reader in self.readers)

    def deliver(self) -> None:
        """Send each reader what it lacks, while it is ready."""
        for reader in self.readers:
            self.deliver_to(reader)

    def deliver_to(self, reader: LogReader) -> int:
        """Send one reader what it lacks, while it is ready. Returns the number of messages sent."""
        sent = 0
        while reader.seq < self.head and reader.outlet.ready():
            lost = max(0, self.tail - reader.seq)
            entry = self._entries[reader.seq + lost - self.tail]
            payload = reader.payload(entry, lost)
            reader.seq += lost + 1
            reader.outlet.send(payload)
            sent += 1
        return sent

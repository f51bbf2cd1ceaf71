"""The controls that all paced feeds share."""

from __future__ import annotations

from collections.abc import Iterator

from feeds.pacing.pacer import Pacer
from ticker.model import FeedEvent


class PacedFeed:
    """The base of feeds that publish their events through a ``Pacer``. See ``ticker.feed`` for the methods."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer

    @property
    def paused(self) -> bool:
        return self._pacer.paused

    def pause(self) -> None:
        self._pacer.pause()

    def resume(self) -> None:
        self._pacer.resume()

    def attend(self, every_s: float) -> None:
        self._pacer.attend(every_s)

    def collect(self) -> Iterator[FeedEvent]:
        return self._pacer.collect()

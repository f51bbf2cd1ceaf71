"""Feeds for tests of the command line: one with every kind of option, and broken ones."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from typing import Annotated, ClassVar, Literal

import pytest
from msgspec import Meta

from ticker.errors import OptionError
from ticker.feed.feed import GROUP, FeedInfo, FeedOptions
from ticker.model import FeedEvent, SymbolTable


class Venue(enum.Enum):
    LIT = "lit"
    DARK = "dark"


class SineOptions(FeedOptions, frozen=True, kw_only=True):
    key: Annotated[str, Meta(description="Required.")]
    symbols: Annotated[tuple[str, ...], Meta(description="Names.")] = ("SIN", "WAVE")
    rate_hz: Annotated[float, Meta(gt=0, description="How\nfast.")] = 2.5
    depth: int | None = None
    loop: bool = False
    venue: Venue = Venue.LIT
    side: Literal["bid", "ask"] = "bid"
    host: Annotated[str, Meta(description="The server has an option of this name.")] = "nowhere"


class Sine:
    """Sine waves. They swing.

    And more.
    """

    Options: ClassVar[type[FeedOptions]] = SineOptions
    #: The options of all instances built.
    built: ClassVar[list[SineOptions]] = []

    def __init__(self, options: SineOptions) -> None:
        if options.key == "wrong":
            raise OptionError("key", "--key: wrong")
        self.built.append(options)
        self.info = FeedInfo(symbols=SymbolTable(options.symbols), title="sine waves")

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        return
        yield


class PlainOptions(FeedOptions, frozen=True, kw_only=True):
    speed: float = 1
    path: Annotated[tuple[str, ...], Meta(description="Files.", extra={"paths": True})] = ()
    names: tuple[str, ...] = ()
    columns: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it


class Plain:
    Options: ClassVar[type[FeedOptions]] = PlainOptions


class Unreadable(FeedOptions, frozen=True, kw_only=True):
    odd: NoSuchType = 1  # type: ignore[name-defined]  # noqa: F821 - the defect of this class


class Odd:
    Options: ClassVar[type[FeedOptions]] = Unreadable


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the feeds of this module alone: sine, plain, and two broken ones."""
    targets = {"sine": "Sine", "plain": "Plain", "odd": "Odd", "gone": "NoSuchClass"}
    points = [EntryPoint(name, f"tests.support.cli_feeds:{target}", GROUP) for name, target in targets.items()]
    monkeypatch.setattr("ticker.feed.feed.entry_points", lambda group: points if group == GROUP else [])
    Sine.built.clear()

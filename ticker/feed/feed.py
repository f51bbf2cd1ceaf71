"""The Feed protocol, and finding a feed by its name.

A feed is an async iterator of events (``TickBatch`` mostly) plus what it knows about itself. The built-in feeds come
in by the same door as everyone else's: the entry-point group ``ticker.feeds``. This module imports no feed.
"""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import msgspec

from ticker.errors import FeedError, OptionError
from ticker.feed.options import structured
from ticker.model import FeedEvent, SymbolTable

GROUP = "ticker.feeds"


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of a feed's options: each field is an option of the command line and of the environment.

    A field ``ticks_per_second: Annotated[float, msgspec.Meta(gt=0, description="…")] = 1000`` becomes
    ``--ticks-per-second`` and ``TICKER_TICKS_PER_SECOND``. Strings are converted to the field's type; a
    ``tuple[str, ...]`` is given as several words or separated by commas, a ``dict[str, str]`` likewise as
    ``name=value``, a ``bool`` as ``--flag/--no-flag``. See ``ticker.feed.options`` for tuples of paths.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """What a feed knows about itself before its first event.

    ``symbols``   the table that its batches index; it may grow while the feed runs.
    ``complete``  whether ``symbols`` has every symbol that can come: if so, a subscription to another is rejected;
                  if not, it is kept until the symbol appears.
    ``ends``      whether the feed comes to an end by itself.
    ``pausable``  whether it has ``pause()`` and ``resume()`` (see ``PausableFeed``).
    ``watermarks``  whether its events have watermarks; if not, the server adds its own, by stamps and clock.
    ``epoch``     the name of its versions' life, for feeds whose versions every node sees alike.
    ``title``     a line for people: what is being fed.
    """

    symbols: SymbolTable = field(default_factory=SymbolTable)
    complete: bool = True
    currency: str = "USD"
    ends: bool = False
    pausable: bool = False
    watermarks: bool = False
    epoch: str | None = None
    title: str = ""


@runtime_checkable
class Feed(Protocol):
    """What the server asks of a feed.

    The class is called with its options: ``MyFeed(MyFeed.Options(...))``; it raises ``OptionError`` or ``FeedError``
    if they can't work (a missing file). Opening what is slow or may fail for a while belongs into ``__aiter__``.

    ``__aiter__`` may be called again after it raised: the server restarts a feed that fails, with a growing pause;
    go on from where it makes sense, or yield ``Restart()`` first if history begins anew. Nothing is buffered behind
    the iterator: the next event is asked for once the last was applied, so a feed that is ahead simply waits.
    """

    Options: ClassVar[type[FeedOptions]]

    @property
    def info(self) -> FeedInfo: ...

    def __aiter__(self) -> AsyncIterator[FeedEvent]: ...


@runtime_checkable
class PausableFeed(Feed, Protocol):
    """A feed whose ``info.pausable`` is true. Pausing what is paused, and resuming what runs, does nothing."""

    @property
    def paused(self) -> bool: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


@runtime_checkable
class AttentiveFeed(Feed, Protocol):
    """A feed that keeps time itself and lets the server fetch what is due, instead of waking up for every tick.

    Both methods belong to the event loop's thread and return at once.
    """

    def attend(self, every_s: float) -> None:
        """From now on the server calls ``collect`` at least every ``every_s`` seconds while clients need it.

        Events may wait that long for it; the iterator yields those that were not collected in time. 0: the iterator
        yields each event when it is due.
        """

    def collect(self) -> Iterable[FeedEvent]:
        """The events that are due and that the iterator has not yielded, in order. The iterator continues after them.

        The server publishes each before it takes the next. What it doesn't take, after a failure, is not delivered.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStatus:
    """Where a replay is. Stamps are market time (ns); ``speed`` is market seconds a second, 0: as fast as it goes.

    ``time_zone`` is the one (an IANA name) in which people read and give times of day.
    """

    state: Literal["playing", "paused", "ended"]
    position: int
    first: int
    last: int
    speed: float
    loop: bool
    time_zone: str = "UTC"


@runtime_checkable
class ReplayFeed(PausableFeed, Protocol):
    """A feed with a past and a clock of its own. All methods belong to the event loop's thread and return at once.

    At its end the iterator ends; a ``seek`` after that takes effect when the server iterates again, which it does once
    ``again`` returns. A seek appears in the events as a hidden ``Restart``, the history up to the moment, and
    ``Settled``.
    """

    @property
    def replay(self) -> ReplayStatus: ...

    def seek(self, ts: int) -> None:
        """Go to the moment ``ts`` (ns): everything up to and with it has happened. Clamped to first and last."""

    def step(self, count: int = 1) -> None:
        """Pause, if it plays, and publish the ticks of the next ``count`` stamps at once. At its end: nothing."""

    def set_speed(self, speed: float) -> None:
        """From here on ``speed`` market seconds a second. Raises ``ValueError`` if it is negative or not finite."""

    async def again(self) -> None:
        """Return when there is something to play: after the end, when it was sought."""

    async def settled(self) -> None:
        """Return when what was asked for is in the events: a moment that was sought, the ticks of a step."""


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """The progress of loading a feed's files. ``name`` is the file being read; the numbers are of all files."""

    name: str
    done_bytes: int
    size_bytes: int
    rows: int


@runtime_checkable
class LoadingFeed(Protocol):
    """What a feed's class has besides if its constructor may take long: a class method, and not part of ``Feed``."""

    def loading(self, options: Any, progress: Callable[[LoadProgress], None]) -> Feed:
        """A feed with these options. ``progress`` is called now and then until it is built."""


def installed_feeds() -> dict[str, EntryPoint]:
    """The entry points of every feed that is installed, by name, sorted. Nothing is imported."""
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def feed_class(name: str) -> type[Feed]:
    """The class of the feed called ``name``. Raises ``FeedError`` if it isn't installed or can't be imported."""
    installed = installed_feeds()
    if name not in installed:
        near = difflib.get_close_matches(name, installed, 1)
        hint = f"did you mean {near[0]}?" if near else f"installed: {', '.join(installed) or 'none'}"
        raise FeedError(f"there is no feed called {name!r}; {hint}")
    try:
        loaded: Any = installed[name].load()
    except Exception as error:  # third-party code: whatever its import raises
        raise FeedError(f"the feed {name!r} can't be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(getattr(loaded, "Options", None), type) and issubclass(loaded.Options, FeedOptions)):
        raise FeedError(f"the feed {name!r} has no Options derived from ticker.feed.FeedOptions")
    feed: type[Feed] = loaded
    return feed


def feed_options(feed: type[Feed], given: Mapping[str, object]) -> FeedOptions:
    """The feed's options out of strings (or values) by field name. Raises ``OptionError`` naming the option."""
    values: dict[str, object] = {}
    for info in msgspec.structs.fields(feed.Options):
        if info.name in given:
            try:
                value = structured(given[info.name], info.type)
                values[info.name] = msgspec.convert(value, info.type, strict=False)
            except msgspec.ValidationError as error:
                raise OptionError(info.name, f"{flag(info.name)}: {error}, got {given[info.name]!r}") from None
            except ValueError as error:
                raise OptionError(info.name, f"{flag(info.name)}: {error}") from None
        elif info.required:
            raise OptionError(info.name, f"{flag(info.name)} is needed")
    unknown = sorted(set(given) - {info.name for info in msgspec.structs.fields(feed.Options)})
    if unknown:
        raise OptionError(unknown[0], f"{flag(unknown[0])} is not an option of this feed")
    return feed.Options(**values)


def flag(option: str) -> str:
    """How an option's field is spelt on the command line."""
    return "--" + option.replace("_", "-")

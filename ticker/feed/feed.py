"""The feed protocols, and loading a feed's class and options by name.

A feed is an async iterator of events, mostly of ``TickBatch``, with an ``info``. All feeds, the built-in ones included,
are entry points of the group ``ticker.feeds``. The protocols here are implemented by feeds, in other packages.
"""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import msgspec

from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.errors import FeedError, OptionError
from ticker.feed.options import structured
from ticker.model import FeedEvent, SymbolTable
from ticker.wire.type_fault import plain_error

GROUP = "ticker.feeds"


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base class of a feed's options. Each field is a command-line option and an environment variable.

    A field ``ticks_per_second: Annotated[float, msgspec.Meta(gt=0, description="…")] = 1000`` becomes
    ``--ticks-per-second`` and ``TICKER_TICKS_PER_SECOND``. Strings are converted to the field's type:

    ``tuple[str, ...]``  several arguments, or one separated by commas (see ``ticker.feed.options`` for paths)
    ``dict[str, str]``   the same, of ``name=value``
    ``bool``             ``--flag/--no-flag``, or ``--flag/--other`` with ``Meta(extra={"opposite": "--other"})``
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """What is known about a feed before its first event.

    ``symbols``     the table that its batches index; it may grow while the feed runs
    ``complete``    whether ``symbols`` has every symbol that can appear. If so, subscriptions to others are rejected;
                    if not, they wait for the symbol.
    ``ends``        whether the feed ends by itself
    ``pausable``    whether it has ``pause()`` and ``resume()`` (see ``PausableFeed``)
    ``watermarks``  whether it yields watermarks; if not, the server derives them from timestamps and elapsed time
    ``epoch``       the epoch of its versions, if it numbers its events itself and alike for every server
    ``title``       a description of one line, for display
    ``calendar``    the trading days of its symbols; ``calendars`` has those of symbols with other ones, by name
    ``negative_prices``  whether prices may be zero and below
    ``notes``       what the feed assumed, put right or left out: a sentence each, for people
    """

    symbols: SymbolTable = field(default_factory=SymbolTable)
    complete: bool = True
    currency: str = "USD"
    ends: bool = False
    pausable: bool = False
    watermarks: bool = False
    epoch: str | None = None
    title: str = ""
    calendar: MarketCalendar = UTC_DAYS
    calendars: Mapping[str, MarketCalendar] = field(default_factory=dict)
    negative_prices: bool = False
    notes: tuple[str, ...] = ()


@runtime_checkable
class Feed(Protocol):
    """What every feed implements.

    The class is called with its options, as ``MyFeed(MyFeed.Options(...))``. It raises ``OptionError`` or ``FeedError``
    for options that can't work, such as a missing file. Open connections in ``__aiter__``, not in the constructor.

    If the iterator raises, the server calls ``__aiter__`` again after a pause, which grows with each failure. Continue
    where it makes sense, or yield ``Restart()`` first if history restarts. Nothing is buffered: the next event is
    requested after the last one was applied.
    """

    Options: ClassVar[type[FeedOptions]]

    @property
    def info(self) -> FeedInfo: ...

    def __aiter__(self) -> AsyncIterator[FeedEvent]: ...


@runtime_checkable
class PausableFeed(Feed, Protocol):
    """A feed whose ``info.pausable`` is true. Pausing twice, or resuming a running feed, does nothing."""

    @property
    def paused(self) -> bool: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


@runtime_checkable
class AttentiveFeed(Feed, Protocol):
    """A feed that knows when its events are due, and lets the server collect them instead of waking up for each.

    Both methods are called in the event loop's thread and must return at once.
    """

    def attend(self, every_s: float) -> None:
        """The server will call ``collect`` every ``every_s`` seconds while there are clients.

        Due events may wait that long; the iterator yields those not collected by then. With 0, and before the first
        call of ``attend``, the iterator yields each event when it is due.
        """

    def collect(self) -> Iterable[FeedEvent]:
        """The events that are due and that the iterator has not yielded, in order. The iterator continues after them.

        The server publishes each event before it takes the next. After a failure it takes no more, and iterates again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStatus:
    """The state of a replay.

    ``position``, ``first`` and ``last`` are market time in ns. ``speed`` is market seconds per second, 0 the maximum.
    ``time_zone`` (an IANA name) is used to show and read times of day.
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
    """A feed of recorded history, with controls. All methods are called in the event loop's thread and return at once.

    A seek yields a hidden ``Restart``, the history up to the new position, and ``Settled``. After the end of its
    iterator the server waits for ``again`` and iterates once more, so that a seek works after the end, too.
    """

    @property
    def replay(self) -> ReplayStatus: ...

    def seek(self, ts: int) -> None:
        """Go to ``ts`` (ns), with all events up to and including it. Clamped to ``first`` and ``last``."""

    def step(self, count: int = 1) -> None:
        """Pause, and publish the ticks of the next ``count`` timestamps at once. At the end it does nothing."""

    def set_speed(self, speed: float) -> None:
        """Set market seconds per second. Raises ``ValueError`` for a negative or infinite speed."""

    async def again(self) -> None:
        """After the end: return when a seek has given it something to play."""

    async def settled(self) -> None:
        """Return when the events of the last seek or step have been yielded."""


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """The progress of loading a feed's files. ``name`` is the file being read; the numbers are of all files."""

    name: str
    done_bytes: int
    size_bytes: int
    rows: int


@runtime_checkable
class LoadingFeed(Protocol):
    """Implemented by the class of a feed whose constructor may take long; ``loading`` is a class method."""

    def loading(self, options: Any, progress: Callable[[LoadProgress], None]) -> Feed:
        """Construct the feed, calling ``progress`` from time to time."""


def installed_feeds() -> dict[str, EntryPoint]:
    """The entry points of all installed feeds by name, sorted. Imports none of them."""
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def feed_class(name: str) -> type[Feed]:
    """The class of a feed. Raises ``FeedError`` if it is not installed or can't be imported."""
    installed = installed_feeds()
    if name not in installed:
        near = difflib.get_close_matches(name, installed, 1)
        hint = f"did you mean {near[0]}?" if near else f"installed: {', '.join(installed) or 'none'}"
        raise FeedError(f"unknown feed {name!r}; {hint}")
    try:
        loaded: Any = installed[name].load()
    except Exception as error:  # third-party code may raise anything
        raise FeedError(f"the feed {name!r} can't be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(getattr(loaded, "Options", None), type) and issubclass(loaded.Options, FeedOptions)):
        raise FeedError(f"the class of feed {name!r} needs an attribute Options, a subclass of ticker.feed.FeedOptions")
    feed: type[Feed] = loaded
    return feed


def feed_options(feed: type[Feed], given: Mapping[str, object]) -> FeedOptions:
    """A feed's options from strings or values by field name. Raises ``OptionError``, which names the option."""
    values: dict[str, object] = {}
    for info in msgspec.structs.fields(feed.Options):
        if info.name in given:
            try:
                value = structured(given[info.name], info.type)
                values[info.name] = msgspec.convert(value, info.type, strict=False)
            except msgspec.ValidationError as error:
                text = plain_error(error).partition(", got ")[0]
                raise OptionError(info.name, f"{flag(info.name)}: {text}, got {given[info.name]!r}") from None
            except ValueError as error:
                raise OptionError(info.name, f"{flag(info.name)}: {error}") from None
        elif info.required:
            raise OptionError(info.name, f"{flag(info.name)} is required")
    unknown = sorted(set(given) - {info.name for info in msgspec.structs.fields(feed.Options)})
    if unknown:
        raise OptionError(unknown[0], f"{flag(unknown[0])} is not an option of this feed")
    return feed.Options(**values)


def flag(option: str) -> str:
    """The command-line option of a field."""
    return "--" + option.replace("_", "-")

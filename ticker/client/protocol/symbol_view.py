"""What the user sees of a symbol: its latest values, or what changed of it. Values only, no knowledge where from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T", int, float)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: Mapping[str, Any] = {}


def as_time(ts: int) -> datetime:
    """A stamp (UTC epoch, ns) as a datetime in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=ts // 1000)


class Field(Generic[T]):
    """One field as an attribute; None while it has no value."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...

    @overload
    def __get__(self, instance: FieldsView, owner: type) -> T | None: ...

    def __get__(self, instance: FieldsView | None, owner: type) -> Field[T] | T | None:
        return self if instance is None else instance.values.get(self._name)


class FieldsView:
    """A symbol's fields as attributes. Prices in the symbol's currency, sizes in shares; whole numbers are ints."""

    __slots__ = ("symbol", "values")

    symbol: str
    #: The fields that have a value. Never changed in place (it is replaced), so it may be kept.
    values: Mapping[str, Any]

    last = Field[float]("The price of the last trade.")
    last_size = Field[float]("The size of the last trade.")
    open = Field[float]("The price of the day's first trade.")
    high = Field[float]("The highest price of the day's trades.")
    low = Field[float]("The lowest price of the day's trades.")
    volume = Field[float]("Shares traded today.")
    trades = Field[int]("How many trades there were today.")
    vwap = Field[float]("The volume-weighted average price of the day's trades.")
    bid = Field[float]("The best price that someone buys at.")
    bid_size = Field[float]("Shares wanted at the bid.")
    ask = Field[float]("The best price that someone sells at.")
    ask_size = Field[float]("Shares offered at the ask.")
    prev_close = Field[float]("The last price of the previous trading day.")
    ts = Field[int]("The stamp of the newest tick: UTC epoch, ns.")

    @property
    def time(self) -> datetime | None:
        """``ts`` as a datetime in UTC, cut to microseconds."""
        ts = self.ts
        return None if ts is None else as_time(ts)

    def as_dict(self) -> dict[str, Any]:
        """The fields that have a value."""
        return dict(self.values)


class SymbolView(FieldsView):
    """The latest values of one symbol. Live: read again for newer ones; ``values`` is one consistent moment."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.values = NOTHING

    def __repr__(self) -> str:
        return f"SymbolView({self.symbol!r}, {_listed(self.values)})"


class Update(FieldsView):
    """What changed of one symbol since the last update of it that was taken. Its attributes don't change any more.

    ``changed`` has the new values by field, None for a field that lost its value. ``removed`` says that the symbol is
    gone: then nothing is in ``changed``, and no field has a value.
    """

    __slots__ = ("changed", "removed")

    def __init__(self, symbol: str, values: Mapping[str, Any], changed: Mapping[str, Any], removed: bool) -> None:
        self.symbol = symbol
        self.values = values
        self.changed = changed
        self.removed = removed

    def __repr__(self) -> str:
        return f"Update({self.symbol!r}, {'removed' if self.removed else _listed(self.changed)})"


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{field}={value!r}" for field, value in values.items())


class Board(Mapping[str, SymbolView]):
    """The watchlist's views by symbol, live. A symbol is there from being subscribed to; its fields may be None."""

    def __init__(self, views: Mapping[str, SymbolView]) -> None:
        self._views = views

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._views[symbol]

    def __iter__(self) -> Iterator[str]:
        # A copy: symbols may come while the user iterates, in this thread or in another.
        return iter(list(self._views))

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return f"<Board of {len(self)} symbols>"

"""What the user sees of a symbol: its latest values, or a change of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T", int, float)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: Mapping[str, Any] = {}


def as_time(ts: int) -> datetime:
    """Nanoseconds since the Unix epoch as a datetime in UTC, truncated to microseconds."""
    return _EPOCH + timedelta(microseconds=ts // 1000)


class Field(Generic[T]):
    """A field as an attribute; None if it has no value."""

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
    """A symbol's fields as attributes. Prices are in the symbol's currency, sizes in shares."""

    __slots__ = ("symbol", "values")

    symbol: str
    #: The fields that have a value. It is replaced, never modified, so you may keep it.
    values: Mapping[str, Any]

    last = Field[float]("The price of the last trade.")
    last_size = Field[float]("The size of the last trade.")
    open = Field[float]("The price of the day's first trade.")
    high = Field[float]("The highest price of the day's trades.")
    low = Field[float]("The lowest price of the day's trades.")
    volume = Field[float]("Shares traded today.")
    trades = Field[int]("Number of trades today.")
    vwap = Field[float]("The volume-weighted average price of the day's trades.")
    bid = Field[float]("The highest price that a buyer offers.")
    bid_size = Field[float]("Shares in demand at the bid.")
    ask = Field[float]("The lowest price that a seller asks.")
    ask_size = Field[float]("Shares offered at the ask.")
    prev_close = Field[float]("The last price of the previous trading day.")
    ts = Field[int]("The time of the newest tick in ns since the Unix epoch.")

    @property
    def time(self) -> datetime | None:
        """``ts`` as a datetime in UTC, truncated to microseconds."""
        ts = self.ts
        return None if ts is None else as_time(ts)

    def as_dict(self) -> dict[str, Any]:
        """The fields that have a value."""
        return dict(self.values)


class SymbolView(FieldsView):
    """The latest values of one symbol, live. Attributes may change between two reads; ``values`` is consistent."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.values = NOTHING

    def __repr__(self) -> str:
        return f"SymbolView({self.symbol!r}, {_listed(self.values)})"


class Update(FieldsView):
    """The change of one symbol since its previous update. Immutable.

    ``changed`` has the new values by field, with None for a field that lost its value. ``removed`` means that the
    symbol no longer exists: ``changed`` is empty, and no field has a value.
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
    """The watchlist's views by symbol, live. Subscribed symbols are always present; their fields may be None."""

    def __init__(self, views: Mapping[str, SymbolView]) -> None:
        self._views = views

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._views[symbol]

    def __iter__(self) -> Iterator[str]:
        # A copy: symbols may be added while the user iterates, in this thread or in another.
        return iter(list(self._views))

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return f"<Board of {len(self)} symbols>"

"""The feeds that are installed and their options, as the command line shows and takes them.

A feed that can't be imported is in the list too, with the reason: it must not keep the others from working. This module
knows no terminal, and loads a feed only when asked for it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import msgspec
from msgspec import inspect as types

from ticker.cli.server_options import RESERVED
from ticker.errors import FeedError
from ticker.feed.feed import Feed, feed_class, flag, installed_feeds
from ticker.feed.options import unwrapped, without_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a feed.

    ``name``      the field: ``ticks_per_second``
    ``spelling``  the name by which it is given: another one only where the server has an option of that name
    ``kind``      what is to be given, for people: ``number``, ``whole number``, ``text``, ``a,b,…`` or the choices
    ``is_list``   whether it takes several words, and may be repeated; ``is_paths``: they are paths
    ``default``   in the form in which it would be given; None if the feed decides, or the option is required
    """

    name: str
    spelling: str
    kind: str
    choices: tuple[str, ...] = ()
    is_flag: bool = False
    is_list: bool = False
    is_paths: bool = False
    required: bool = False
    default: str | None = None
    description: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """``--name``, and for a flag its opposite."""
        given = flag(self.spelling)
        return (given, "--no-" + given[2:]) if self.is_flag else (given,)

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        return "TICKER_" + self.spelling.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A feed in the list. ``broken`` says why it can't be used; then nothing is known of its options."""

    name: str
    package: str = ""
    version: str = ""
    target: str = ""
    summary: str = ""
    options: tuple[Option, ...] = ()
    broken: str | None = None


def listings() -> Iterator[Listing]:
    """Every feed that is installed, by name. Imports them one after the other."""
    for name in installed_feeds():
        yield listing(name)


def listing(name: str) -> Listing:
    """The feed called ``name``, broken or not. Raises ``FeedError`` if there is none."""
    point = installed_feeds().get(name)
    if point is None:
        feed_class(name)  # raises, and knows what is near
        raise AssertionError(f"feed_class found {name}, which is not installed")
    try:
        feed = feed_class(name)
        options = tuple(_option(name, field) for field in msgspec.structs.fields(feed.Options))
    except FeedError as error:
        return _listing(point, broken=str(error))
    except Exception as error:  # noqa: BLE001 - third-party code: whatever its annotations raise
        return _listing(point, broken=f"the feed {name!r} has options that can't be read: {error!r}")
    return _listing(point, summary=_summary(feed), options=options)


def _listing(point: EntryPoint, **more: Any) -> Listing:
    package, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
    return Listing(name=point.name, package=package, version=version, target=point.value, **more)


def _summary(feed: type[Feed]) -> str:
    """The first sentence or paragraph of the class's docstring, on one line."""
    paragraph = (feed.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split()).partition(". ")[0].rstrip(".")


def _option(feed_name: str, field: msgspec.structs.FieldInfo) -> Option:
    plain, description, paths = unwrapped(types.type_info(field.type))
    choices = _choices(plain)
    return Option(
        name=field.name,
        spelling=f"{feed_name}_{field.name}".replace("-", "_") if field.name in RESERVED else field.name,
        kind="|".join(choices) or ("path…" if paths else _kind(plain)),
        choices=choices,
        is_flag=isinstance(plain, types.BoolType),
        is_list=isinstance(plain, types.VarTupleType | types.DictType),
        is_paths=paths,
        required=field.required,
        default=None if field.required else _default(field),
        description=" ".join(description.split()),
    )


def _kind(kind: types.Type) -> str:
    match kind:
        case types.BoolType():
            return "flag"
        case types.IntType():
            return "whole number"
        case types.FloatType():
            return "number"
        case types.VarTupleType():
            return "a,b,…"
        case types.DictType():
            return "name=value,…"
        case types.DateTimeType():
            return "date and time"
        case types.UnionType():
            return " or ".join(_kind(unwrapped(part)[0]) for part in without_none(kind))
    return "text"


def _choices(kind: types.Type) -> tuple[str, ...]:
    if isinstance(kind, types.LiteralType):
        return tuple(map(str, kind.values))
    if isinstance(kind, types.EnumType):
        return tuple(str(member.value) for member in kind.cls)
    return ()


def _default(field: msgspec.structs.FieldInfo) -> str | None:
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    if value is None or value in ((), {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)

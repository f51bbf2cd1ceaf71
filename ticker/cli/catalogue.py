"""The installed feeds and their options, as the command line shows and takes them.

A feed that can't be imported is listed with the reason; the others still work. A feed is imported when it is listed.
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
    ``spelling``  the option's name; with the feed's name before it if the server has an option of that name
    ``kind``      the form of the value: ``number``, ``whole number``, ``text``, ``a,b,…`` or the choices
    ``is_list``   whether it takes several words, and may be repeated
    ``opposite``  of a flag: the option that states the opposite, if it isn't ``--no-name``
    ``is_paths``  whether the value is a path, or a list of paths
    ``default``   as it would be given; None if the feed decides, or the option is required
    """

    name: str
    spelling: str
    kind: str
    choices: tuple[str, ...] = ()
    is_flag: bool = False
    opposite: str = ""
    is_list: bool = False
    is_paths: bool = False
    required: bool = False
    default: str | None = None
    description: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """``--name``, and for a flag ``--no-name`` or its opposite."""
        given = flag(self.spelling)
        return (given, self.opposite or "--no-" + given[2:]) if self.is_flag else (given,)

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "TICKER_" + self.spelling.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A feed in the list. ``broken`` is the reason it can't be used; then ``options`` is empty."""

    name: str
    package: str = ""
    version: str = ""
    target: str = ""
    summary: str = ""
    options: tuple[Option, ...] = ()
    broken: str | None = None


def listings() -> Iterator[Listing]:
    """All installed feeds, sorted by name; each is imported when it is reached."""
    for name in installed_feeds():
        yield listing(name)


def listing(name: str) -> Listing:
    """The feed called ``name``, broken or not. Raises ``FeedError`` if there is none."""
    point = installed_feeds().get(name)
    if point is None:
        feed_class(name)  # raises, and suggests a similar name
        raise AssertionError(f"feed_class found {name}, which is not installed")
    try:
        feed = feed_class(name)
        options = tuple(_option(name, field) for field in msgspec.structs.fields(feed.Options))
    except FeedError as error:
        return _listing(point, broken=str(error))
    except Exception as error:  # noqa: BLE001 - third-party code: whatever its annotations raise
        return _listing(point, broken=f"the feed {name!r} has invalid options: {error!r}")
    return _listing(point, summary=_summary(feed), options=options)


def _listing(point: EntryPoint, **more: Any) -> Listing:
    package, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
    return Listing(name=point.name, package=package, version=version, target=point.value, **more)


def _summary(feed: type[Feed]) -> str:
    """The first sentence of the class's docstring, on one line."""
    paragraph = (feed.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split()).partition(". ")[0].rstrip(".")


def _option(feed_name: str, field: msgspec.structs.FieldInfo) -> Option:
    plain, description, paths = unwrapped(types.type_info(field.type))
    choices = _choices(plain)
    return Option(
        name=field.name,
        spelling=f"{feed_name}_{field.name}".replace("-", "_") if field.name in RESERVED else field.name,
        kind="|".join(choices) or _kind(plain, paths=paths),
        choices=choices,
        is_flag=isinstance(plain, types.BoolType),
        opposite=_opposite(types.type_info(field.type)),
        is_list=isinstance(plain, types.VarTupleType | types.DictType),
        is_paths=paths,
        required=field.required,
        default=None if field.required else _default(field),
        description=" ".join(description.split()),
    )


def _opposite(kind: types.Type) -> str:
    """The option in ``Meta(extra={"opposite": "--month-first"})``."""
    return str((kind.extra or {}).get("opposite", "")) if isinstance(kind, types.Metadata) else ""


def _kind(kind: types.Type, *, paths: bool = False) -> str:
    if paths:
        return "path…" if isinstance(kind, types.VarTupleType) else "path"
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

"""Option values of the command line and the environment, for fields whose type msgspec knows.

A tuple is given as several arguments, or as one separated by commas; a mapping in the same way, as ``name=value``. A
field with ``Meta(extra={"paths": True})`` is a tuple of paths: commas belong to the path, and a string (an environment
variable) is split at ``os.pathsep``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec import inspect as types


def unwrapped(kind: types.Type) -> tuple[types.Type, str, bool]:
    """The type without metadata and without ``| None``, its description, and whether it is a tuple of paths."""
    description, paths = "", False
    while True:
        if isinstance(kind, types.Metadata):
            description = description or (kind.extra_json_schema or {}).get("description", "")
            paths = paths or bool((kind.extra or {}).get("paths"))
            kind = kind.type
        elif isinstance(kind, types.UnionType) and len(rest := without_none(kind)) == 1:
            kind = rest[0]
        else:
            return kind, description, paths


def without_none(union: types.UnionType) -> list[types.Type]:
    return [kind for kind in union.types if not isinstance(kind, types.NoneType)]


def structured(value: object, type_: object) -> object:
    """The value given for a field of ``type_``: a list for a tuple, a dict for a mapping, others unchanged.

    Raises ``ValueError`` for an item of a mapping without ``=``.
    """
    kind, _, paths = unwrapped(types.type_info(type_))
    if not isinstance(kind, types.VarTupleType | types.DictType) or not isinstance(value, str | list | tuple):
        return value
    if paths:
        # Paths may start or end with blanks, so arguments stay as they are. A string may have empty parts.
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else list(value)
    parts = _split([value] if isinstance(value, str) else value)
    return dict(map(_pair, parts)) if isinstance(kind, types.DictType) else parts


def _split(words: Iterable[object]) -> list[str]:
    return [part.strip() for word in words for part in str(word).split(",") if part.strip()]


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise ValueError(f"{part[:80]!r} is not of the form name=value")
    return name.strip(), value.strip()

"""Says in the protocol's terms why a decoded message is not of a type: ``symbols[2]: expected a text, got null``.

msgspec's own errors name types of Python for what only msgpack has, and differ between its versions. This runs only
after msgspec has refused a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

#: Kinds of values, by the class that both decoders produce; an int is a number, too.
_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    bytes: "binary data",
    list: "a list",
    dict: "a map",
}
#: The types in msgspec's texts.
_WORDS: dict[str, str] = {
    "null": "null",
    "bool": "true or false",
    "int": "an integer",
    "float": "a number",
    "str": "a text",
    "array": "a list",
    "object": "an object",
}
_TYPES = re.compile("`({0}(?: [|] {0})*)`".format(f"(?:{'|'.join(_WORDS)})"))


def type_fault(value: object, kind: type[msgspec.Struct]) -> str | None:
    """The first fault of ``value``, the key that is wrong first; None if there is none.

    Finds wrong types, missing keys and numbers that are too large. ``kind`` consists of structs, lists, texts, numbers,
    booleans and null.
    """
    return next(_faults(value, _type_info(kind), ""), None)


def kind_of(value: object) -> str:
    """A value's type in the protocol's terms: ``a list``."""
    return _KINDS.get(type(value), "an extension value")


def plain_error(error: msgspec.ValidationError) -> str:
    """msgspec's text about a file or an option in plain words: ``keys[0].id: expected a text, got a number``."""
    text, _, path = str(error).partition(" - at `$")
    text = _TYPES.sub(lambda match: " or ".join(_WORDS[each] for each in match[1].split(" | ")), text)
    if text.startswith("Invalid enum value"):
        text = "invalid value"
    return _at(path.strip(".`"), text[:1].lower() + text[1:])


@cache
def _type_info(kind: type) -> Any:
    # Takes longer to import than the rest of this package.
    import msgspec.inspect

    return msgspec.inspect.type_info(kind)


def _faults(value: object, info: Any, path: str) -> Iterator[str]:
    match type(info).__name__:
        case "AnyType":
            return
        case "StructType" if type(value) is dict:
            yield from _struct_faults(value, info, path)
        case "ListType" if type(value) is list:
            # A frame has room for tens of thousands of items: only containers and those of a wrong kind are examined.
            fine = set(_types(info.item_type)) - {dict, list}
            for index, each in enumerate(value):
                if type(each) not in fine or (type(each) is int and float in fine):
                    yield from _faults(each, info.item_type, f"{path}[{index}]")
        case "UnionType":
            fitting = [each for each in info.types if _fits(value, each)]
            if fitting:
                yield from _faults(value, fitting[0], path)
            else:
                yield _unexpected(value, info, path)
        case "FloatType" if type(value) is int and not _is_float(value):
            yield _at(path, "the number is too large")
        case _ if not _fits(value, info):
            yield _unexpected(value, info, path)


def _struct_faults(value: dict[Any, Any], info: Any, path: str) -> Iterator[str]:
    if any(type(key) is not str for key in value):
        yield _at(path, "a key is not a text")
    for field in info.fields:
        inner = f"{path}.{field.encode_name}" if path else field.encode_name
        if field.encode_name in value:
            yield from _faults(value[field.encode_name], field.type, inner)
        elif field.required:
            yield _at(inner, "missing")


def _fits(value: object, info: Any) -> bool:
    """Whether a value is of the right kind, whatever is in it."""
    return type(value) in _types(info)


def _types(info: Any) -> tuple[type, ...]:
    return {
        "AnyType": tuple(_KINDS),
        "NoneType": (type(None),),
        "BoolType": (bool,),
        "IntType": (int,),
        "FloatType": (int, float),
        "StrType": (str,),
        "ListType": (list,),
        "StructType": (dict,),
    }.get(type(info).__name__, ())


def _is_float(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _unexpected(value: object, info: Any, path: str) -> str:
    got = kind_of(value)
    if type(value) is float and "an integer" in _name(info).split(" or "):
        got = "a fraction"
    return _at(path, f"expected {_name(info)}, got {got}")


def _name(info: Any) -> str:
    match type(info).__name__:
        case "UnionType":
            # Null is the same as no key; it needs no mention.
            names = [_name(each) for each in info.types if type(each).__name__ != "NoneType"]
            return " or ".join(names)
        case "ListType":
            item = _name(info.item_type).partition(" ")[2]
            return f"a list of {item}s" if item else "a list"
        case "StructType":
            keys = " and ".join(f"`{field.encode_name}`" for field in info.fields if field.required)
            return f"a map with {keys}" if keys else "a map"
        case name:
            names_of = {"BoolType": "true or false", "IntType": "an integer", "FloatType": "a number"}
            return names_of.get(name, "a text")


def _at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text

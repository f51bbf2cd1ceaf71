"""Messages that break the protocol, or nearly, in both encodings, and the expected answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgpack

#: The symbols of a server started with ``--max-symbols 3``.
SYMBOLS = ("AAPL", "MSFT", "GOOG", "AMZN", "NVDA")
#: Each client's watchlist; no message here changes it.
WATCHED = ("AAPL",)
#: The room that each client is in.
ROOM = "hostile"
LIMIT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Message:
    """``payload``: text is sent as JSON, bytes as msgpack.

    ``answer``: an error's code, the type of a good answer (then it is harmless), or the code of a close.
    """

    name: str
    payload: str | bytes
    answer: str | int


def messages() -> list[Message]:
    found = [*_no_json(), *_no_msgpack(), *_both(), *_too_much()]
    assert len({each.name for each in found}) == len(found)
    return found


def _no_json() -> Iterator[Message]:
    """Text that is not one JSON object."""
    ping = '{"op":"ping"}'
    for name, text in {
        "nothing": "",
        "a blank": " ",
        "nothing but blanks": " " * 60_000,
        "an open brace": "{",
        "a closed brace": "}",
        "null": "null",
        "true": "true",
        "a word cut off": "tru",
        "a number": "0",
        "a huge number": "9" * 60_000,
        "a string": '"ping"',
        "a list": "[]",
        "a message in a list": f"[{ping}]",
        "two messages": ping + ping,
        "two messages on lines": f"{ping}\n{ping}",
        "a message and a letter": ping + "x",
        "single quotes": "{'op':'ping'}",
        "a key without quotes": '{op:"ping"}',
        "a comma too many": '{"op":"ping",}',
        "a comma too few": '{"op":"ping""id":1}',
        "no colon": '{"op" "ping"}',
        "no end": '{"op":"ping"',
        "no end of a string": '{"op":"pi',
        "a comment": f"// hello\n{ping}",
        "a byte order mark": f"\ufeff{ping}",
        "NaN": '{"op":"ping","data":NaN}',
        "Infinity": '{"op":"ping","data":Infinity}',
        "minus Infinity": '{"op":"ping","data":-Infinity}',
        "a number with a zero before it": '{"op":"ping","id":01}',
        "a number without an end": '{"op":"ping","id":1.}',
        "a number without a beginning": '{"op":"ping","id":.5}',
        "a number with a plus": '{"op":"ping","id":+1}',
        "a number in hex": '{"op":"ping","id":0x10}',
        "1e400": '{"op":"ping","data":1e400}',
        "-1e400": '{"op":"ping","data":-1e400}',
        "an integer of 5,000 digits": '{"op":"ping","id":%s}' % ("9" * 5_000),
        "an unknown escape": r'{"op":"ping","data":"\x41"}',
        "an escape cut off": r'{"op":"ping","data":"\u12"}',
        "half a surrogate": r'{"op":"ping","data":"\ud800"}',
        "the other half of a surrogate": r'{"op":"ping","data":"\udc00x"}',
        "surrogates the wrong way round": r'{"op":"ping","data":"\udc00\ud800"}',
        "half a surrogate in a key": r'{"op":"ping","\ud83d":1}',
        "half a surrogate in an id": r'{"op":"ping","id":"\udfff"}',
        "half a surrogate in a symbol": r'{"op":"subscribe","symbols":["\ud800"]}',
        "half a surrogate in a room": r'{"op":"join","room":"\ud800","name":"Ann"}',
        "half a surrogate in a name": r'{"op":"join","room":"another","name":"\udc00"}',
        "half a surrogate in a text": r'{"op":"say","room":"hostile","text":"\ud83d"}',
        "a line break in a string": '{"op":"ping","data":"\n"}',
        "NUL in a string": '{"op":"ping","data":"\0"}',
        "an escape character in a string": '{"op":"ping","data":"\x1b[2J"}',
        "NUL": "\0",
        "lists 60,000 deep": "[" * 60_000,
        "objects 10,000 deep": '{"a":' * 10_000,
        "deep and whole": '{"op":"ping","data":' + "[" * 20_000 + "]" * 20_000 + "}",
        "an op that is deep": '{"op":' + "[" * 20_000 + "]" * 20_000 + "}",
        "another protocol": "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "markup": "<script>alert(1)</script>",
        "an entity that grows": '<!DOCTYPE x [<!ENTITY a "&b;&b;">]>',
        "msgpack as text": msgpack.packb({"op": "ping"}).decode("latin-1"),
    }.items():
        yield Message(f"JSON: {name}", text, "malformed")


def _no_msgpack() -> Iterator[Message]:
    """Bytes that are not one msgpack object."""
    ping = msgpack.packb({"op": "ping"})
    subscribe = b"\x82\xa2op\xa9subscribe\xa7symbols"
    deep = b"\x82\xa2op\xa4ping\xa4data"
    for name, payload in {
        "nothing": b"",
        "JSON": b'{"op":"ping"}',
        "a pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        "a byte that means nothing": b"\xc1",
        "that byte as a value": b"\x81\xa2op\xc1",
        "nil": b"\xc0",
        "a number": b"\x07",
        "a string": msgpack.packb("ping"),
        "a list": b"\x90",
        "a message in a list": b"\x91" + ping,
        "two messages": ping + ping,
        "a message and a byte": ping + b"\0",
        "a message and 60,000 bytes": ping + bytes(60_000),
        "a map that ends before it began": b"\x81",
        "a map that says it has one more": b"\x82" + ping[1:],
        "a map that says it has one less": b"\x80" + ping[1:],
        "a list of 4 billion": b"\xdd\xff\xff\xff\xff",
        "a map of 4 billion": b"\xdf\xff\xff\xff\xff",
        "a string of 4 GB": b"\xdb\xff\xff\xff\xff",
        "bytes of 4 GB": b"\xc6\xff\xff\xff\xff",
        "an extension of 4 GB": b"\xc9\xff\xff\xff\xff\x05",
        "a list of 65,535": b"\xdc\xff\xff",
        "a map of 65,535": b"\xde\xff\xff",
        "4 billion symbols": subscribe + b"\xdd\xff\xff\xff\xff\xa4AAPL",
        "a million symbols, of which there is one": subscribe + b"\xdd\x00\x0f\x42\x40\xa4AAPL",
        "a symbol of 4 GB": subscribe + b"\x91\xdb\xff\xff\xff\xffAAPL",
        "a symbol one byte longer than it is": subscribe + b"\x91\xa5AAPL",
        "a symbol one byte shorter than it is": subscribe + b"\x91\xa3AAPL",
        "lists 60,000 deep": b"\x91" * 60_000,
        "maps 20,000 deep": b"\x81\xa1a" * 20_000,
        "deep and whole": deep + b"\x91" * 2_000 + b"\xc0",
        "a number as a key": b"\x82\xa2op\xa4ping\x01\x02",
        "nil as a key": b"\x82\xa2op\xa4ping\xc0\x02",
        "true as a key": b"\x82\xa2op\xa4ping\xc3\x02",
        "a float as a key": b"\x82\xa2op\xa4ping\xcb" + bytes(8) + b"\x02",
        "a list as a key": b"\x82\xa2op\xa4ping\x90\x02",
        "a map as a key": b"\x82\xa2op\xa4ping\x80\x02",
        "an extension as a key": b"\x82\xa2op\xa4ping\xd4\x05\x00\x02",
        "a time as a key": b"\x82\xa2op\xa4ping\xd6\xff\x00\x00\x00\x01\x02",
        "a number as a key, further in": deep + b"\x81\x01\x02",
        "text that is not UTF-8": deep + b"\xa2\xc3\x28",
        "a surrogate": deep + b"\xa3\xed\xa0\x80",
        "NUL in too many bytes": deep + b"\xa2\xc0\x80",
        "a letter above all": deep + b"\xa4\xf4\x90\x80\x80",
        "an op that is not UTF-8": b"\x81\xa2op\xa1\xff",
        "a key that is not UTF-8": b"\x82\xa2op\xa4ping\xa1\xff\x01",
        "a symbol that is not UTF-8": subscribe + b"\x91\xa1\xff",
        "an extension instead of a message": b"\xd4\x05\x00",
        "an extension as op": b"\x81\xa2op\xd4\x05\x00",
        "an extension as id": b"\x82\xa2op\xa4ping\xa2id\xd8\x2a" + bytes(16),
        "an extension as symbols": subscribe + b"\xd4\x05\x00",
        "an extension as a symbol": subscribe + b"\x91\xc7\x03\x05abc",
        "an extension of a type below zero": deep + b"\xd4\x80\x00",
        "an extension with nothing in it": deep + b"\xc7\x00\x05",
        "a time of no bytes": deep + b"\xc7\x00\xff",
        "a time of three bytes": deep + b"\xc7\x03\xff\x00\x00\x00",
        "a time of 16 bytes": deep + b"\xd8\xff" + bytes(16),
    }.items():
        yield Message(f"msgpack: {name}", payload, "malformed")
    for first in (*range(0xC4, 0xC8), *range(0xC8, 0xE0)):
        yield Message(f"msgpack: cut off behind {first:#x}", deep + bytes((first,)), "malformed")
    for name, payload, answer in (
        ("op in bytes", b"\x81\xc4\x02op\xa4ping", "unknown-op"),
        ("ping in bytes", b"\x81\xa2op\xc4\x04ping", "unknown-op"),
        ("bytes as a key", b"\x82\xa2op\xa4ping\xc4\x01\xff\x01", "bad-argument"),
        ("bytes as an id", b"\x82\xa2op\xa4ping\xa2id\xc4\x01\xff", "bad-argument"),
        ("bytes as a symbol", subscribe + b"\x91\xc4\x04AAPL", "bad-argument"),
        ("bytes as symbols", subscribe + b"\xc4\x04AAPL", "bad-argument"),
        ("bytes as data", deep + b"\xc4\x02\xff\xfe", "pong"),
        ("a time as op", b"\x81\xa2op\xd6\xff\x00\x00\x00\x01", "unknown-op"),
        ("a time as data", deep + b"\xd6\xff\x00\x00\x00\x01", "bad-argument"),
        ("a time as id", b"\x82\xa2op\xa4ping\xa2id\xd6\xff\x00\x00\x00\x01", "bad-argument"),
        ("a time as symbols", subscribe + b"\xd6\xff\x00\x00\x00\x01", "bad-argument"),
        ("a time before all times", deep + b"\xc7\x0c\xff\x00\x00\x00\x00\x80" + bytes(7), "bad-argument"),
        ("NaN as data", deep + b"\xcb\x7f\xf8" + bytes(6), "pong"),
        ("NaN as id", b"\x82\xa2op\xa4ping\xa2id\xcb\x7f\xf8" + bytes(6), "bad-argument"),
        ("NaN as rate", _rated(b"\xcb\x7f\xf8" + bytes(6)), "bad-rate"),
        ("another NaN as rate", _rated(b"\xca\xff\xff\xff\xff"), "bad-rate"),
        ("infinity as rate", _rated(b"\xcb\x7f\xf0" + bytes(6)), "bad-rate"),
        ("minus infinity as rate", _rated(b"\xcb\xff\xf0" + bytes(6)), "bad-rate"),
        ("the smallest number as rate", _rated(b"\xcb" + bytes(7) + b"\x01"), "bad-rate"),
        ("op twice, the last is good", b"\x82\xa2op\xa4nope\xa2op\xa4ping", "pong"),
        ("op twice, the last is bad", b"\x82\xa2op\xa4ping\xa2op\xa4nope", "unknown-op"),
        ("60,000 nils as data", deep + b"\xdd\x00\x00\xea\x60" + b"\xc0" * 60_000, "pong"),
        ("60,000 control characters as data", deep + b"\xdb\x00\x00\xea\x60" + b"\x01" * 60_000, "pong"),
    ):
        yield Message(f"msgpack: {name}", payload, answer)


def _rated(rate: bytes) -> bytes:
    return b"\x83\xa2op\xa9subscribe\xa7symbols\x91\xa4AAPL\xa4rate" + rate


def _both() -> Iterator[Message]:
    """Objects with errors, in both encodings."""
    for name, message, answer in _objects():
        yield Message(f"JSON: {name}", json.dumps(message, separators=(",", ":")), answer)
        yield Message(f"msgpack: {name}", msgpack.packb(message), answer)
    # msgpack can't express these.
    for name, text, answer in (
        ("an id of 65 bits", '{"op":"ping","id":18446744073709551616}', "bad-argument"),
        ("an id of 65 bits below zero", '{"op":"ping","id":-9223372036854775809}', "bad-argument"),
        ("an id of 4,000 digits", '{"op":"subscribe","symbols":["MSFT"],"id":%s}' % ("9" * 4_000), "bad-argument"),
        ("a huge id with no op", '{"id":%s}' % ("9" * 300), "bad-argument"),
        ("a rate of 400 digits", '{"op":"subscribe","symbols":["AAPL"],"rate":%s}' % ("9" * 400), "bad-argument"),
        ("op twice, the last is good", '{"op":"nope","op":"ping"}', "pong"),
        ("op twice, the last is bad", '{"op":"ping","op":"nope"}', "unknown-op"),
        ("symbols twice", '{"op":"subscribe","symbols":["MSFT"],"symbols":1}', "bad-argument"),
        ("op in escapes", r'{"\u006fp":"\u0070ing"}', "pong"),
        ("blanks between", ' \t\r\n{ "op" : "ping" } ', "pong"),
        ("a version of 300 digits", _since({"epoch": "x", "version": 10**300}), "subscribed"),
    ):
        yield Message(f"JSON: {name}", text, answer)


def _since(since: object) -> str:
    return json.dumps({"op": "subscribe", "symbols": ["AAPL"], "since": since})


def _objects() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Names, messages and answers."""
    yield "an empty object", {}, "unknown-op"
    yield "no op", {"symbols": ["MSFT"]}, "unknown-op"
    wrong: dict[str, Any] = {"null": None, "true": True, "a number": 1, "a fraction": 1.5}
    wrong |= {"a list": [], "an object": {}}
    for kind, value in wrong.items():
        yield f"{kind} as op", {"op": value}, "unknown-op"
    for op in ("", "PING", "ping ", "subscribe\n", "\0", "__class__", "error", "welcome", "\u202eping", "x" * 60_000):
        yield f"op {op!r:.20}", {"op": op}, "unknown-op"

    for kind in ("true", "a fraction", "a list", "an object"):
        yield f"{kind} as id", {"op": "ping", "id": wrong[kind]}, "bad-argument"
    for name, id_ in (("null", None), ("of no letters", ""), ("with NUL", "\0"), ("of 60,000 letters", "x" * 60_000)):
        yield f"id {name}", {"op": "ping", "id": id_}, "pong"
    yield "the largest id", {"op": "ping", "id": 2**64 - 1}, "pong"
    yield "the smallest id", {"op": "ping", "id": -(2**63)}, "pong"

    about: dict[str, Any]
    for op in ("subscribe", "unsubscribe"):
        yield f"{op} without symbols", {"op": op}, "bad-argument"
        yield f"{op}: a string as symbols", {"op": op, "symbols": "MSFT"}, "bad-argument"
        for kind, value in wrong.items():
            if kind != "a list":
                yield f"{op}: {kind} as symbols", {"op": op, "symbols": value}, "bad-argument"
            yield f"{op}: {kind} as a symbol", {"op": op, "symbols": ["MSFT", value]}, "bad-argument"
            about = {"op": op, "symbols": ["MSFT"]}
            yield f"{op}: {kind} as channel", {**about, "channel": value}, "bad-argument"
            if value is not None:
                yield f"{op}: {kind} as interval", {**about, "channel": "bars", "interval": value}, "bad-argument"
        for channel in ("", "Ticker", "ticker ", "*", "trades\0", "\u202e", "../trades", "x" * 60_000):
            about = {"op": op, "symbols": ["MSFT"], "channel": channel}
            yield f"{op}: channel {channel!r:.20}", about, "unknown-channel"
        for interval in (None, "", "1Q", "7m", "60s", "2M", "0m", "١m", "1m\n", "\0", "x" * 60_000):
            about = {"op": op, "symbols": ["MSFT"], "channel": "bars", "interval": interval}
            yield f"{op}: interval {interval!r:.20}", about, "bad-interval"

    for kind in ("true", "a list", "an object"):
        yield f"{kind} as rate", {"op": "subscribe", "symbols": ["MSFT"], "rate": wrong[kind]}, "bad-argument"
        yield f"{kind} as since", {"op": "subscribe", "symbols": ["MSFT"], "since": wrong[kind]}, "bad-argument"
    yield "a string as rate", {"op": "subscribe", "symbols": ["MSFT"], "rate": "10"}, "bad-argument"
    for rate in (-1, -0.001, 0.49, 1e-300, -1e300, -(2**63)):
        yield f"rate {rate}", {"op": "subscribe", "symbols": ["MSFT"], "rate": rate}, "bad-rate"
    wrong = {
        "of a number": 5,
        "of a string": "0f3a5c2b9d41-812",
        "without version": {"epoch": "x"},
        "without epoch": {"version": 1},
        "with a number as epoch": {"epoch": 1, "version": 1},
        "with null as version": {"epoch": "x", "version": None},
        "with a string as version": {"epoch": "x", "version": "1"},
        "with a fraction as version": {"epoch": "x", "version": 1.5},
        "with a list as version": {"epoch": "x", "version": [1]},
    }
    for name, since in wrong.items():
        yield f"since {name}", {"op": "subscribe", "symbols": ["MSFT"], "since": since}, "bad-argument"
    for version in (-1, -(2**63), 2**63 - 1, 2**63, 2**64 - 1):
        about = {"op": "subscribe", "symbols": ["AAPL"], "since": {"epoch": "x" * 30_000, "version": version}}
        yield f"version {version}", about, "subscribed"

    for name, symbol in {
        "of no letters": "",
        "of blanks": " ",
        "with NUL": "A\0PL",
        "with a line break": "AAPL\n",
        "with an escape sequence": "\x1b[31mAAPL",
        "that is written backwards": "\u202eLPAA",
        "with nothing to see": "AAPL\u200b",
        "with a mark of its own": "AAPL\u0301",
        "of private letters": "\ue000",
        "that is no letter": "\uffff",
        "in small letters": "aapl",
        "that is markup": "<img src=x onerror=alert(1)>",
        "that is a format": "%s%n{0}",
        "that is a path": "../../etc/passwd",
        "that is two stars": "**",
        "of 65 letters": "A" * 65,
        "of 64 wide letters": "\U0001f4c8" * 64,
        "of 60,000 letters": "A" * 60_000,
    }.items():
        yield f"a symbol {name}", {"op": "subscribe", "symbols": [symbol]}, "subscribed"
        yield f"no more of a symbol {name}", {"op": "unsubscribe", "symbols": [symbol]}, "unsubscribed"
    yield "15,000 times the same symbol", {"op": "unsubscribe", "symbols": ["M"] * 15_000}, "unsubscribed"
    unknown = [f"{number:x}" for number in range(8_000)]
    yield "8,000 symbols that there are not", {"op": "subscribe", "symbols": unknown}, "subscribed"
    yield "more symbols than may be", {"op": "subscribe", "symbols": list(SYMBOLS)}, "too-many-symbols"

    yield from _rooms()

    yield "32 levels", {"op": "ping", "data": _nested(31)}, "pong"
    yield "33 levels", {"op": "ping", "data": _nested(32)}, "bad-argument"
    yield "500 levels", {"op": "ping", "data": _nested(499)}, "bad-argument"
    yield "a key that is unknown and deep", {"op": "ping", "more": _nested(400)}, "bad-argument"
    yield "a symbol that is deep", {"op": "subscribe", "symbols": _nested(400)}, "bad-argument"
    yield "an op that is 400 levels deep", {"op": _nested(400)}, "unknown-op"
    yield "unknown keys", {"op": "ping", "__proto__": {"op": 1}, "constructor": 1, "type": "error", "": 0}, "pong"
    yield "5,000 unknown keys", {"op": "ping"} | {f"{n:x}": 0 for n in range(5_000)}, "pong"
    yield "a list of 20,000 lists", {"op": "ping", "data": [[]] * 20_000}, "pong"


def _rooms() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Messages about rooms: invalid rooms, names and texts."""
    wrong: dict[str, Any] = {"null": None, "true": True, "a number": 1, "a fraction": 1.5}
    wrong |= {"a list": [], "an object": {}}
    for op, more in (("join", {"name": "Ann"}), ("say", {"text": "hello"}), ("leave", {})):
        yield f"{op} without a room", {"op": op, **more}, "bad-argument"
        for kind, value in wrong.items():
            yield f"{op}: {kind} as room", {"op": op, "room": value, **more}, "bad-argument"
    for op, key in (("join", "name"), ("say", "text")):
        for kind, value in wrong.items():
            yield f"{op}: {kind} as {key}", {"op": op, "room": "another", key: value}, "bad-argument"
    yield "joining without a name", {"op": "join", "room": "another"}, "bad-argument"
    for kind, value in wrong.items():
        if value is not None:
            about = {"op": "join", "room": "another", "name": "Ann", "since": value}
            yield f"join: {kind} as since", about, "bad-argument"

    for name, text in _ODD_NAMES.items():
        yield f"a room {name}", {"op": "join", "room": text, "name": "Ann"}, "bad-argument"
        yield f"a name {name}", {"op": "join", "room": "another", "name": text}, "bad-argument"
        yield f"saying it in a room {name}", {"op": "say", "room": text, "text": "hello"}, "not-joined"
        yield f"leaving a room {name}", {"op": "leave", "room": text}, "not-joined"
    for name, text in {
        "of no letters": "",
        "of blanks": " \n\t ",
        "of control characters": "\0\x07\x1b\x7f\x9b",
        "with nothing to see": "\u200b\u200d\ufeff",
        "that only turns the writing": "\u202e\u2066",
        "of 2,001 letters": "x" * 2_001,
        "of 60,000 letters": "x" * 60_000,
        "of 2,001 wide letters": "\U0001f4c8" * 2_001,
    }.items():
        yield f"a text {name}", {"op": "say", "room": ROOM, "text": text}, "bad-argument"

    for name, room in {
        "that is markup": "<img src=x onerror=alert(1)>",
        "that is a path": "../../etc/passwd",
        "that is a format": "%s%n{0}",
        "that is a statement": "'; DROP TABLE said; --",
        "that is a star": "*",
        "that is a prototype": "__proto__",
        "of 64 wide letters": "\U0001f4c8" * 64,
        "with blanks around it": f"  {'x' * 64}  ",
    }.items():
        at = {"room": room, "name": "Ann", "since": {"epoch": "\0", "version": -1}}
        yield f"a good room {name}", {"op": "join", **at}, "joined"


#: Invalid names of rooms and members.
_ODD_NAMES = {
    "of no letters": "",
    "of blanks": "   ",
    "of 65 letters": "x" * 65,
    "of 60,000 letters": "x" * 60_000,
    "of 60,000 blanks": " " * 60_000,
    "with NUL": "a\0",
    "with a line break": "a\nb",
    "with a tab": "a\tb",
    "with an escape sequence": "\x1b[31mred",
    "with a control character of 8 bits": "a\x9b2J",
    "that is written backwards": "\u202enna",
    "with an isolate": "\u2066a",
    "with nothing to see in it": "a\u200b",
    "with a joiner": "a\u200db",
    "with a byte order mark": "\ufeffa",
    "with a blank that is none": "a\xa0b",
    "with a line separator": "a\u2028b",
    "of private letters": "\ue000",
    "that is no letter": "\uffff",
}


def _nested(levels: int) -> object:
    found: object = None
    for level in range(levels):
        found = [found] if level % 2 else {"a": found}
    return found


def _too_much() -> Iterator[Message]:
    """Messages that exceed the size limit."""
    million = ["A"] * 1_000_000
    for name, message in {
        "a name of 1 MiB": {"op": "subscribe", "symbols": ["A" * 1_048_576]},
        "a million symbols": {"op": "subscribe", "symbols": million},
        "an id of 1 MiB": {"op": "ping", "id": "x" * 1_048_576},
        "a key of 1 MiB": {"op": "ping", "x" * 1_048_576: 1},
    }.items():
        yield Message(f"JSON: {name}", json.dumps(message, separators=(",", ":")), 1009)
        yield Message(f"msgpack: {name}", msgpack.packb(message), 1009)
    yield Message("JSON: one byte too many", '{"op":"ping"}'.ljust(LIMIT_BYTES + 1), 1009)
    yield Message("JSON: as many bytes as may be", '{"op":"ping"}'.ljust(LIMIT_BYTES), "pong")

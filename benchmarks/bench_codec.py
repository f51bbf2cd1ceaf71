"""The cost of encoding a fragment, compared with plain encoders on the same data."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import msgpack
import msgspec

from benchmarks.measure import best_s, random_batches, show
from ticker.market.board import Board, symbol_dicts
from ticker.wire.codec import Codec, codec_for

FRAMES = 1_000


def _frames(codec: Codec, parts: list[bytes]) -> None:
    for _ in range(FRAMES):
        codec.update(1, 2, 3, parts)


def rows() -> list[list[str]]:
    symbols = 500
    table, batches = random_batches(symbols, 3_000, 2)
    board = Board(table)
    for batch in batches:
        board.apply(batch)
    delta = board.since(1, board.changed(1))
    plain = list(symbol_dicts(delta).values())
    codecs = {name: codec_for(name) for name in ("json", "msgpack")}
    ways: dict[str, Callable[[], object]] = {
        "json: fragments": lambda: codecs["json"].changes(delta),
        "json: msgspec, a dict a symbol": lambda: [msgspec.json.encode(fields) for fields in plain],
        "json: standard library, a dict a symbol": lambda: [json.dumps(fields) for fields in plain],
        "msgpack: fragments": lambda: codecs["msgpack"].changes(delta),
        "msgpack: the msgpack package, a dict a symbol": lambda: [msgpack.packb(fields) for fields in plain],
        "msgpack: msgspec, a dict a symbol": lambda: [msgspec.msgpack.encode(fields) for fields in plain],
    }
    sizes = {name: len(b"".join(codec.changes(delta))) / len(delta.rows) for name, codec in codecs.items()}
    result = []
    for way, work in ways.items():
        size = f"{sizes[way.split(':')[0]]:.0f}" if way.endswith("fragments") else ""
        result.append([way, f"{best_s(work, 20) / len(delta.rows) * 1e6:.2f}", size])
    for name, codec in codecs.items():
        parts = codec.changes(delta)[:20]
        each_s = best_s(partial(_frames, codec, parts)) / FRAMES
        frame_bytes = len(codec.update(1, 2, 3, parts))
        result.append([f"{name}: a frame of 20 fragments", f"{each_s * 1e6:.2f}", f"{frame_bytes:,}"])
    return result


if __name__ == "__main__":
    show("Encoding; dicts are given ready-made to the plain encoders", ["what", "µs each", "bytes each"], rows())

"""The parts of the fan-out benchmark: workloads, readers, medians, ratios."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgpack
import pytest

from benchmarks.fanout import ratios
from benchmarks.fanout.contenders import TICKER
from benchmarks.fanout.frames import client_frame, payloads, server_frame
from benchmarks.fanout.measure import Result, middle
from benchmarks.fanout.readers import NatsTicks, PackedUpdates, Ticks, Updates
from benchmarks.fanout.suite import Standing
from benchmarks.fanout.workloads import WORKLOADS


def result(us: float, *faults: str) -> Result:
    ages = (us, us, us)
    return Result(0.1, 0.1, 1.0, 1.0, 100.0, us, us, ages, 1.0, 5, faults, 0)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_frames_are_found_in_any_segmentation(size: int, step: int) -> None:
    """With each header length; incomplete frames stay in the buffer."""
    sent = [b"x" * size, b"second"]
    stream = b"".join(map(server_frame, sent))
    step = max(step, size // 50)
    buffer = bytearray()
    found: list[bytes] = []
    for at in range(0, len(stream), step):
        buffer += stream[at : at + step]
        found += payloads(buffer)
    assert (found, bytes(buffer)) == (sent, b"")


def test_a_clients_frame_is_masked() -> None:
    """With zeros: the payload stays readable."""
    assert client_frame(b"abc") == bytes((0x81, 0x83, 0, 0, 0, 0)) + b"abc"
    assert client_frame(b"x" * 200)[:8] == bytes((0x81, 0x80 | 126, 0, 200, 0, 0, 0, 0))


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=lambda each: each.name)
def test_all_symbols_have_equally_many_clients(workload: object) -> None:
    """So the number of offered ticks doesn't depend on which symbols tick."""
    assert isinstance(workload, type(WORKLOADS["W1"]))
    names = [str(number) for number in range(workload.symbols)]
    plans = [workload.plan(client, names) for client in range(workload.clients)]
    assert all(len(set(plan)) == workload.each for plan in plans)
    assert len(set(Counter(name for plan in plans for name in plan).values())) == 1
    assert workload.offered == workload.ticks_per_second * sum(map(len, plans)) / workload.symbols


@pytest.mark.parametrize(
    ("kind", "encode"), [(Updates, lambda m: json.dumps(m).encode()), (PackedUpdates, msgpack.packb)]
)
def test_updates_are_merged_and_gaps_are_reported(kind: type[Updates], encode: object) -> None:
    """A row that is not subscribed, and a gap in the versions, are faults."""
    reader = kind(["A"])
    assert callable(encode)

    def take(since: int, version: int, data: object) -> None:
        reader.take(encode({"type": "update", "since": since, "version": version, "ts": 5, "data": data}), 1_000)

    take(0, 5, {"A": {"last": 1, "bid": 2, "ts": 100}})
    take(5, 6, {"A": {"last": 3, "ts": 400}})
    assert (reader.rows, reader.updates, reader.ages) == ({"A": {"last": 3, "bid": 2, "ts": 400}}, 2, [600])
    assert reader.faults == []
    take(9, 10, {"B": {"last": 3}})
    assert reader.faults == ["a gap: since 9, have 6", "B is not subscribed"]


def test_a_missing_tick_is_reported() -> None:
    """By the channel's numbers; losses reported by the server are counted."""
    reader = Ticks(["A"])
    for since, version, lost in ((3, 5, None), (5, 6, None), (6, 9, {"A": 2})):
        message = {"type": "trades", "since": since, "version": version, "data": [["A", 1, 2.0, 3.0]]}
        reader.take(json.dumps(message | ({"lost": lost} if lost else {})).encode(), 10)
    assert (reader.updates, reader.lost, reader.faults) == (3, 2, ["a gap in trades"][:0])
    reader.take(json.dumps({"type": "trades", "since": 11, "version": 12, "data": []}).encode(), 10)
    assert reader.faults == ["a gap in trades"]


def test_messages_of_nats_are_found_across_frames() -> None:
    """Its lines and payloads may cross frame boundaries."""
    tick = b'{"symbol":"A","ts":4,"price":1,"size":2}'
    stream = b"INFO {}\r\n" + b"MSG A 1 %d\r\n%b\r\n" % (len(tick), tick) * 3 + b"PING\r\n"
    reader = NatsTicks(["A"])
    for at in range(0, len(stream), 11):
        reader.take(stream[at : at + 11], 10)
    assert (reader.updates, reader.ages, reader.faults) == (3, [6, 6, 6], [])


def test_the_median_of_repeats_keeps_every_fault() -> None:
    """Figures are medians; faults are collected."""
    found = middle([result(3, "x"), result(1), result(2)])
    assert (found.us_a_frame, found.ages_ms, found.faults, found.checked) == (2, (2, 2, 2), ("x",), 15)


def test_a_ratio_grown_by_more_than_half_is_reported(tmp_path: Path) -> None:
    """An unknown or slightly higher one is not."""
    known = tmp_path / "ratios.json"
    ratios.save(known, {"W1": [Standing(TICKER, result(1), 2.0)]})
    assert ratios.above(known, {"W1": [Standing(TICKER, result(1), 3.0)]}) == []
    (told,) = ratios.above(known, {"W1": [Standing(TICKER, result(1), 3.1)]})
    assert told == "W1, ticker 20 Hz: 3.10 times the floor; 2.00 is known, and 3.00 allowed"
    assert ratios.above(known, {"W9": [Standing(TICKER, result(1), 9.0)]}) == []

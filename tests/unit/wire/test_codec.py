"""Decoding a server's messages whose rows have several forms."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from ticker.errors import ProtocolError
from ticker.wire.codec import codec_for
from ticker.wire.messages import BarsMessage, TradesMessage

BAR = ["A", 60, 1.0, 2.0, 0.5, 1.5, 100.0, 1.25, 4.0, True]
TRADES = [["A", 1, 5.0, 10.0], ["B", 2, 6.5, 1.0]]
REVISED = [["A", 1, 5.0, 10.0, ["T", "I"], 7, None], ["A", 1, 5.0, 10.0, [], 0, "late"]]


def decoded(encoding: str, kind: str, rows: list[Any]) -> Any:
    message = {"type": kind, "since": 0, "version": 2, "data": rows}
    if kind == "bars":
        message["interval"] = "1m"
    packed = msgpack.packb(message) if encoding == "msgpack" else json.dumps(message)
    return codec_for(encoding).decode_server(packed)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_trades_come_with_and_without_revisions(encoding: str) -> None:
    """Prices are floats, also where they were sent as integers."""
    message = decoded(encoding, "trades", TRADES)
    assert isinstance(message, TradesMessage)
    assert message.data == [("A", 1, 5.0, 10.0), ("B", 2, 6.5, 1.0)]
    message = decoded(encoding, "trades", REVISED)
    assert message.data == [("A", 1, 5.0, 10.0, ("T", "I"), 7, None), ("A", 1, 5.0, 10.0, (), 0, "late")]
    whole = decoded(encoding, "trades", [["A", 1, 5, 10]]).data[0]
    assert [type(value) for value in whole] == [str, int, float, float]
    assert decoded(encoding, "trades", []).data == []


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_bars_come_with_and_without_revisions(encoding: str) -> None:
    """Prices are null where all trades of a bar were cancelled."""
    message = decoded(encoding, "bars", [BAR])
    assert isinstance(message, BarsMessage)
    assert message.data == [tuple(BAR)]
    cancelled = ["A", 60, None, None, None, None, 0.0, None, 0.0, True, 2, False]
    assert decoded(encoding, "bars", [[*BAR, 0, True], cancelled]).data == [(*BAR, 0, True), tuple(cancelled)]


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("trades", [["A", 1, 5.0]]),
        ("trades", [["A", 1, 5.0, 10.0, []]]),
        ("trades", [["A", 1, "5", 10.0]]),
        ("trades", [TRADES[0], REVISED[0]]),
        ("trades", [["A", 1, 5.0, 10.0, [], 7, "changed"]]),
        ("trades", [["A", 1, 5.0, 10.0, [3], 7, None]]),
        ("trades", ["A"]),
        ("trades", [[]]),
        ("bars", [BAR[:9]]),
        ("bars", [BAR, [*BAR, 0, False]]),
        ("bars", [["A", 60, None, *BAR[3:]]]),
    ],
)
@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_rows_of_another_form_are_malformed(encoding: str, kind: str, rows: list[Any]) -> None:
    """And so are rows of two forms in one message."""
    with pytest.raises(ProtocolError) as error:
        decoded(encoding, kind, rows)
    assert error.value.code == "malformed"

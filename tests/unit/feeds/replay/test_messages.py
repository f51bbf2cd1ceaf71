"""A replay through the hub: at speed 0 the same file gives the same messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.day_file import write_days
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub

CHANNELS = ("ticker", "trades", "quotes")


async def messages(encoding: str, *paths: Path) -> list[Any]:
    """The messages to a client that is connected from the start, without epochs and wall-clock times."""
    feed = Replay(ReplayOptions(path=tuple(map(str, paths)), speed=0))
    hub, outlet = Hub(feed.info.symbols.names), ScriptedOutlet()
    session = hub.attach(outlet, encoding)
    for channel in CHANNELS:
        hub.receive(session, json.dumps({"op": "subscribe", "channel": channel, "symbols": ["*"], "rate": 0}), 1)
    async for event in feed:
        hub.publish(event)
        hub.flush(1)
    feed.close()
    told = [decoded(payload, encoding) for payload in outlet.sent]
    return [{key: value for key, value in message.items() if key != "epoch"} for message in told]


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_two_runs_give_the_same_messages(tmp_path: Path, encoding: str) -> None:
    """Of merged files; on the channels ticker, trades and quotes."""
    paths = [write_days(tmp_path / f"{seed}.csv", 12_000, seed=seed) for seed in (1, 2)]
    first, second = [await messages(encoding, *paths) for _ in range(2)]
    assert first == second
    assert {message["type"] for message in first} >= {"update", "trades", "quotes"}
    rows = sum(len(message["data"]) for message in first if message["type"] in ("trades", "quotes"))
    assert rows == 24_000

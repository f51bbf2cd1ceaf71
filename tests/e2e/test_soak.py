"""The soak for some seconds, with everything in it: that it finds nothing, and that it would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.soak.bars import Bar
from tests.soak.checkpoint import Checkpoint
from tests.soak.clients import ROSTER
from tests.soak.expected import Truth
from tests.soak.failure import WrongError
from tests.soak.plan import DECK
from tests.soak.run import Soak


def soaking(folder: Path, *, seconds: float, agree_s: float = 30) -> Soak:
    return Soak(
        folder, seed=38, minutes=seconds / 60, clients=len(ROSTER), checkpoint_s=4, say=lambda _: None, agree_s=agree_s
    )


@pytest.mark.timeout(240)
async def test_nobody_differs(tmp_path: Path) -> None:
    """Clients of every kind, a server that is killed, and at each checkpoint all have what it has."""
    soak = soaking(tmp_path, seconds=10)
    await soak.run()
    assert soak.checkpoint >= 3
    kinds = {client.kind for client in soak.clients}
    assert {kind.split(", ")[1] for kind in kinds} == {"websocket", "sse", "poll"}
    for client in soak.clients:
        assert client.counts["messages"] > 0, client.name
    # How much happens in that time is the machine's affair; that something does is what is tried here.
    assert sum(client.verified[0] for client in soak.clients) > 50
    assert sum(client.counts["resumes"] for client in soak.clients) > 0
    assert len(set(DECK) & soak.happenings.keys()) > 1
    assert soak.market.lives > 1
    assert soak.account.sums["frames"] > 100


async def test_a_falsified_snapshot_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first checkpoint, with the client and the value that differs."""
    whole = Checkpoint.truth

    async def falsified(checkpoint: Checkpoint, bars: Mapping[str, list[Bar]]) -> Truth:
        truth = await whole(checkpoint, bars)
        data: dict[str, Any] = {**truth.data, "AAPL": {**truth.data["AAPL"], "last": 1.23}}
        return Truth(truth.epoch, truth.version, data, truth.heads, truth.happened, truth.bars)

    monkeypatch.setattr(Checkpoint, "truth", falsified)
    soak = soaking(tmp_path, seconds=10, agree_s=3)
    with pytest.raises(WrongError, match=r"client 1 .*AAPL last is .*, and must be 1\.23"):
        await soak.run()
    assert soak.checkpoint == 1

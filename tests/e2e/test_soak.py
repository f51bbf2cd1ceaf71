"""A soak of some seconds: it passes, and it finds a falsified value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.soak.bars import Bar
from tests.soak.checkpoint import Checkpoint
from tests.soak.clients import ROSTER
from tests.soak.expected import Expected
from tests.soak.failure import SoakError
from tests.soak.plan import FAULTS
from tests.soak.run import Soak


def short_soak(
    folder: Path, *, seconds: float, complete: Callable[[Soak], bool] = lambda soak: True, agree_s: float = 90
) -> Soak:
    return Soak(
        folder,
        seed=38,
        minutes=seconds / 60,
        clients=len(ROSTER),
        checkpoint_s=4,
        say=lambda _: None,
        agree_s=agree_s,
        complete=complete,
    )


def has_had_its_faults(soak: Soak) -> bool:
    """Whether the server was killed, clients resumed, and some values were compared."""
    return (
        soak.checkpoint >= 2
        and soak.server.starts > 1
        and len(set(FAULTS) & soak.counts.keys()) > 1
        and sum(client.counts["resumes"] for client in soak.clients) > 0
        and sum(client.verified[0] for client in soak.clients) > 50
    )


@pytest.mark.timeout(240)
async def test_all_clients_agree_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """Clients of every kind agree with the server at each checkpoint."""
    soak = short_soak(tmp_path, seconds=10, complete=has_had_its_faults)
    await soak.run()
    assert soak.checkpoint >= 3
    kinds = {client.kind for client in soak.clients}
    assert {kind.split(", ")[1] for kind in kinds} == {"websocket", "sse", "poll"}
    for client in soak.clients:
        assert client.counts["messages"] > 0, client.name
    # How long this takes depends on the machine.
    assert has_had_its_faults(soak)
    assert soak.totals.sums["frames"] > 100


async def test_a_falsified_snapshot_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first checkpoint; the error names the client and the value."""
    fetch = Checkpoint.fetch

    async def falsified(checkpoint: Checkpoint, bars: Mapping[str, list[Bar]]) -> Expected:
        expected = await fetch(checkpoint, bars)
        data: dict[str, Any] = {**expected.data, "AAPL": {**expected.data["AAPL"], "last": 1.23}}
        return Expected(expected.epoch, expected.version, data, expected.heads, expected.recording, expected.bars)

    monkeypatch.setattr(Checkpoint, "fetch", falsified)
    soak = short_soak(tmp_path, seconds=10, agree_s=3)
    with pytest.raises(SoakError, match=r"client 1 .*AAPL last is .*, and must be 1\.23"):
        await soak.run()
    assert soak.checkpoint == 1

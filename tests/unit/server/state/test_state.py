"""The state file: what is restored, after a crash too, and what happens when it can't be written."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from ticker.alerts.store import KEPT, AlertChanges, SavedAlert, SavedOwner
from ticker.errors import StateError
from ticker.server.core.webhooks import event_for
from ticker.server.state import State, writer
from ticker.server.state.database import NAME, open_database
from ticker.server.state.rooms import StoredRooms
from ticker.wire.messages import Fired, Said

TS = 1_700_000_000_000_000_000


def alert(id_: int | str, owner: str = "ann", **changed: Any) -> SavedAlert:
    values: dict[str, Any] = {
        "symbol": "AAPL", "when": "last >= 190", "once": False, "hysteresis": 0.19, "state": "waiting", "count": 0,
        "side": 0,
    }  # fmt: skip
    return SavedAlert(owner=owner, id=id_, **{**values, **changed})


def fired(seq: int) -> Fired:
    return Fired(id=7, symbol="AAPL", when="last >= 190", value=190.02, ts=TS + seq, seq=seq)


def said(seq: int, room: str = "desk", ts: int = TS) -> Said:
    return Said(room=room, sender="Ann", text=f"{seq} é\n", seq=seq, ts=ts + seq)


async def wrote(state: State, **changes: Any) -> None:
    """Write, and wait until it is safe."""
    done = asyncio.Event()
    nothing: dict[str, Any] = {"forgotten": [], "removed": [], "alerts": [], "fired": [], "delivered": {}}
    state.alerts.write(AlertChanges(**{**nothing, **changes}), done.set)
    async with asyncio.timeout(60):
        await done.wait()


def started(folder: Path, *, webhooks: bool = False) -> State:
    state = State(folder, webhooks=webhooks)
    state.start()
    return state


def killed(folder: Path) -> Path:
    """A copy of the folder, as if the server were killed now."""
    copy = folder.with_name(f"{folder.name}-killed")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


async def owners(folder: Path) -> list[SavedOwner]:
    state = State(folder)
    try:
        return sorted(state.alerts.load(), key=lambda each: each.owner)
    finally:
        await state.close(60)


async def test_alerts_are_restored(tmp_path: Path) -> None:
    """In the order of their creation, also if changed later. Ids keep their type. Deleted alerts stay deleted."""
    state = started(tmp_path)
    await wrote(state, alerts=[alert(7), alert("7"), alert("gone"), alert(1, "bob"), alert(2, "carl")])
    await wrote(
        state, fired=[("ann", fired(1)), ("bob", fired(1)), ("carl", fired(1))], delivered={"ann": 1, "carl": 1}
    )
    await wrote(
        state,
        forgotten=["carl"],
        removed=[("ann", "gone"), ("ann", "never")],
        alerts=[alert(7, state="held", count=1)],
        fired=[("ann", fired(2))],
        delivered={"ann": 2},
    )
    await state.close(60)
    assert await owners(tmp_path) == [
        SavedOwner(
            owner="ann",
            alerts=[alert(7, state="held", count=1), alert("7")],
            fired=[fired(1), fired(2)],
            delivered=2,
        ),
        SavedOwner(owner="bob", alerts=[alert(1, "bob")], fired=[fired(1)], delivered=0),
    ]


async def test_a_completed_write_survives_a_crash(tmp_path: Path) -> None:
    """Of the fired alerts the newest are kept."""
    state = started(tmp_path / "a")
    await wrote(state, fired=[("ann", fired(seq)) for seq in range(1, KEPT + 4)])
    (found,) = await owners(killed(tmp_path / "a"))
    assert found.fired == [fired(seq) for seq in range(4, KEPT + 4)]
    await state.close(60)


@pytest.mark.parametrize("busy_s", [0, 0.02])
async def test_a_completed_write_may_start_another(tmp_path: Path, busy_s: float) -> None:
    """Also while the server stops, and while the event loop is busy."""
    state = started(tmp_path)
    nothing: dict[str, Any] = {"forgotten": [], "removed": [], "fired": [], "delivered": {}}
    left = [4, 3, 2]

    def again() -> None:
        if left:
            # The writer's thread runs meanwhile.
            time.sleep(busy_s)
            state.alerts.write(AlertChanges(alerts=[alert(left.pop())], **nothing), again)
            time.sleep(busy_s)

    state.alerts.write(AlertChanges(alerts=[alert(1)], **nothing), again)
    await state.close(60)
    assert [each.id for each in (await owners(tmp_path))[0].alerts] == [1, 2, 3, 4]


async def test_rooms_are_restored(tmp_path: Path) -> None:
    """The newest messages of each, without a gap, the most recent room last. A forgotten room starts again."""
    state = started(tmp_path)
    for seq in range(1, 251):
        state.rooms.append("e1", said(seq))
    state.rooms.append("e2", said(1, "floor", TS - 10**9))
    state.rooms.append("e3", said(1, "gone"))
    state.rooms.append("e4", said(1, "anew"))
    state.rooms.forget("gone")
    state.rooms.forget("anew")
    state.rooms.append("e5", said(1, "anew", TS + 10**9))
    state.rooms.forget("never")
    await state.close(60)
    state = State(tmp_path)
    found = list(state.rooms.load(200))
    assert [(room.name, room.epoch) for room in found] == [("floor", "e2"), ("desk", "e1"), ("anew", "e5")]
    assert found[1].said == [said(seq) for seq in range(51, 251)]
    assert found[2].said == [said(1, "anew", TS + 10**9)]
    state.rooms.forget("desk")
    state.start()
    await state.close(60)
    state = State(tmp_path)
    assert [room.name for room in state.rooms.load(200)] == ["floor", "anew"]
    await state.close(60)


async def test_after_a_crash_rooms_have_no_epoch(tmp_path: Path) -> None:
    """A message may have been lost: its number must not be used for another one."""
    state = started(tmp_path / "a")
    state.rooms.append("e1", said(1))
    await wrote(state)
    crashed = State(killed(tmp_path / "a"))
    await state.close(60)
    (room,) = crashed.rooms.load(200)
    assert (room.epoch, room.said) == (None, [said(1)])
    crashed.start()
    await crashed.close(60)
    whole = State(tmp_path / "a-killed")
    assert [room.epoch for room in whole.rooms.load(200)] == ["e1"]
    await whole.close(60)


async def test_a_room_whose_messages_were_dropped_is_stored_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored as if it began with the first message that was not dropped."""
    before = started(tmp_path)
    before.rooms.append("e1", said(1))
    before.rooms.append("e1", said(2))
    await before.close(60)
    database = open_database(tmp_path)
    monkeypatch.setattr("ticker.server.state.rooms.MAX_WAITING", 5)
    rooms = StoredRooms(database.connection, complete=True)
    keeping = writer.Writer(database, [rooms])
    for seq in range(3, 7):
        rooms.append("e1", said(seq))
    rooms.append("e2", said(1, "floor"))
    rooms.append("e2", said(2, "floor"))
    for seq in (7, 8):
        rooms.append("e1", said(seq))
    keeping.start()
    await keeping.close(60)
    state = State(tmp_path)
    assert {room.name: [each.seq for each in room.said] for room in state.rooms.load(200)} == {
        "desk": [7, 8],
        "floor": [1, 2],
    }
    await state.close(60)


async def test_a_fired_alert_is_in_the_outbox_until_it_is_settled(tmp_path: Path) -> None:
    """It is stored in the alert's transaction, and is the same event after a crash."""
    state = started(tmp_path / "a", webhooks=True)
    await wrote(state, fired=[("ann", fired(1)), ("ann", fired(2))])
    wanted = [event_for(state.instance, "ann", fired(seq)) for seq in (1, 2)]
    crashed = State(killed(tmp_path / "a"), webhooks=True)
    assert (crashed.outbox.undelivered(), crashed.instance) == (wanted, state.instance)
    await crashed.close(60)
    state.outbox.settled(wanted[0].event)
    await state.close(60)
    state = State(tmp_path / "a", webhooks=True)
    assert state.outbox.undelivered() == wanted[1:]
    await state.close(60)


async def test_the_outbox_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest events are dropped."""
    monkeypatch.setattr("ticker.server.state.outbox.MAX_STORED", 3)
    state = started(tmp_path, webhooks=True)
    await wrote(state, fired=[("ann", fired(seq)) for seq in range(1, 6)])
    await state.close(60)
    state = State(tmp_path, webhooks=True)
    assert [each.seq for each in state.outbox.undelivered()] == [3, 4, 5]
    await state.close(60)


async def test_a_full_disk_is_reported_and_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, however often it fails. ``done`` is called once, after the write succeeded."""
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    failed = asyncio.Event()
    loop = asyncio.get_running_loop()
    failures = 0

    def on_failed(self: writer.Writer, error: sqlite3.Error) -> None:
        nonlocal failures
        failures += 1
        tell(self, error)
        if failures == 3:
            loop.call_soon_threadsafe(failed.set)

    tell = writer.Writer._report
    monkeypatch.setattr(writer.Writer, "_report", on_failed)
    state = State(tmp_path)
    # Simulates a full disk: the file can't grow.
    connection = state.alerts._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    state.start()
    done: list[str] = []
    big = alert("x" * 100_000)
    nothing: dict[str, Any] = {"forgotten": [], "removed": [], "fired": [], "delivered": {}}
    with caplog.at_level(logging.INFO, "ticker.state"):
        state.alerts.write(AlertChanges(alerts=[big], **nothing), lambda: done.append("done"))
        async with asyncio.timeout(60):
            await failed.wait()
        assert done == []
        (problem,) = state.problems()
        assert "full" in problem
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        connection.execute("PRAGMA max_page_count = 100000")
        async with asyncio.timeout(60):
            while not done:
                await asyncio.sleep(0)
        assert state.problems() == []
    await state.close(60)
    assert done == ["done"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert (await owners(tmp_path))[0].alerts == [big]


async def test_a_full_disk_does_not_block_the_shutdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log says that something was not written."""
    state = State(tmp_path)
    state.alerts._connection.execute("PRAGMA query_only = 1")
    state.start()
    state.rooms.append("e1", said(1))
    await asyncio.wait_for(state.close(3_600), 60)


async def test_only_one_server_may_use_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is closed."""
    monkeypatch.setattr("ticker.server.state.database.LOCK_TIMEOUT_S", 0.05)
    state = started(tmp_path)
    with pytest.raises(StateError, match=r"ticker\.db: .*another server"):
        State(tmp_path)
    await state.close(60)
    await State(tmp_path).close(60)


async def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    """Nor the folder that is created."""
    folder = tmp_path / "state"
    state = started(folder)
    await wrote(state, alerts=[alert(1)])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {NAME: 0o600, f"{NAME}-wal": 0o600}
    await state.close(60)


@pytest.mark.parametrize(
    ("content", "said_"),
    [
        (b"not a database, but some text that is longer than a head" * 20, "not a database"),
        ("CREATE TABLE theirs (x)", "another program"),
        ("PRAGMA application_id = 1", "another program"),
        (f"PRAGMA application_id = {0x7469636B}; PRAGMA user_version = 3; CREATE TABLE ours (x)", "version 3"),
        (f"PRAGMA application_id = {0x7469636B}; PRAGMA user_version = 1; CREATE TABLE ours (x)", "no such table"),
        (
            f"PRAGMA application_id = {0x7469636B}; PRAGMA user_version = 2; CREATE TABLE ours (x)",
            "table fact is missing",
        ),
    ],
)
def test_another_programs_file_is_refused_and_not_changed(tmp_path: Path, content: bytes | str, said_: str) -> None:
    """The error has its path."""
    path = tmp_path / NAME
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        connection = sqlite3.connect(path)
        connection.executescript(content)
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match=said_) as told:
        State(tmp_path)
    assert str(path) in str(told.value)
    assert path.read_bytes() == before


def test_an_unusable_folder_is_refused(tmp_path: Path) -> None:
    """A file of that name exists, or the parent folder does not."""
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "none" / "state"):
        with pytest.raises(StateError, match=f"^{folder}: .*(not a folder|must be able to create)"):
            State(folder)

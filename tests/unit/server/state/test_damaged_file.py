"""A state file that SQLite can read, and whose content is damaged: one line says where, and it is not changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ticker.alerts.store import AlertChanges, SavedAlert
from ticker.errors import StateError
from ticker.server.core.webhooks import event_for
from ticker.server.state import State
from ticker.server.state.database import NAME
from ticker.wire.messages import Fired, Said

FIRED = Fired(id=7, symbol="AAPL", when="last >= 190", value=190.02, ts=1, seq=1)
ALERT = SavedAlert(
    owner="ann", id=7, symbol="AAPL", when="last >= 190", once=True, hysteresis=0.1, state="waiting", count=0, side=0
)
SAID = Said(room="desk", sender="Ann", text="hello", seq=1, ts=1)

#: Statements that damage a file with a row in each table, and words of the error.
DAMAGE = {
    "DROP TABLE said": "the table said is missing",
    "ALTER TABLE alert RENAME COLUMN body TO text": "the columns body of the table alert are missing",
    "DELETE FROM fact": "the row 'instance' of the table fact",
    "UPDATE fact SET value = x'00' WHERE name = 'whole'": "the row 'whole' of the table fact",
    "UPDATE fact SET value = CAST(x'ff' AS TEXT)": "the row|UTF-8",
    "INSERT INTO fact VALUES ('ran_ns', 'long')": "the row 'ran_ns' of the table fact",
    "UPDATE alert SET body = '{'": "the alert '7' of 'ann'",
    "UPDATE alert SET body = x'ff'": "the alert '7' of 'ann'",
    "UPDATE alert SET body = 5": "the alert '7' of 'ann'",
    "UPDATE alert SET body = ''": "the alert '7' of 'ann'",
    "UPDATE alert SET owner = 'bob'": "the alert '7' of 'bob'",
    "UPDATE alert SET owner = x'00ff'": "the alert '7'",
    "UPDATE alert SET owner = CAST(x'ff' AS TEXT)": "UTF-8",
    "UPDATE alert SET body = replace(body, 'last >= 190', 'rm -rf /')": "the alert '7' of 'ann': when",
    "UPDATE alert SET body = replace(body, '0.1', '-1')": "the alert '7' of 'ann'",
    "UPDATE alert SET body = replace(body, '\"side\":0', '\"side\":7')": "the alert '7' of 'ann'",
    "UPDATE alert SET body = replace(body, '\"count\":0', '\"count\":99999999999999999999')": "the alert '7' of 'ann'",
    "UPDATE alert SET body = replace(body, 'waiting', 'asleep')": "the alert '7' of 'ann'",
    "UPDATE fired SET body = '[]'": "the fired alert 1 of 'ann'",
    "UPDATE fired SET seq = 2": "the fired alert 2 of 'ann'",
    "UPDATE fired SET seq = 'x'": "the fired alert 'x' of 'ann'",
    "UPDATE delivered SET seq = -1": "the delivered alerts of 'ann'",
    "UPDATE delivered SET seq = 'x'": "the delivered alerts of 'ann'",
    "UPDATE seen SET ran_ns = 'x'": "when 'ann' was seen",
    "UPDATE seen SET source = x'00'": "when 'ann' was seen",
    "UPDATE room SET epoch = x'00'": "the room 'desk'",
    "UPDATE room SET name = x'00'": "the room",
    "UPDATE said SET body = 'x'": "the room 'desk'",
    "UPDATE said SET body = replace(body, 'desk', 'floor')": "the room 'desk': the message 1",
    "UPDATE said SET seq = 2": "the room 'desk': the message 2",
    "INSERT INTO said SELECT room, 3, replace(body, '\"seq\":1', '\"seq\":3') FROM said": "the room 'desk'",
    "UPDATE said SET body = replace(body, '\"ts\":1', '\"ts\":99999999999999999999')": "the room 'desk'",
    "UPDATE webhook SET body = '{}'": "the webhooks",
    "UPDATE webhook SET id = 'x'": "the webhooks",
    "PRAGMA user_version = 0": "version 0 is not supported",
    "PRAGMA user_version = 99": "version 99 is not supported",
    "PRAGMA application_id = 7": "belongs to another program",
}


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A folder whose file has a row in each table."""
    state = State(tmp_path, webhooks=True)
    state.start()
    changes = AlertChanges(
        forgotten=[], removed=[], alerts=[ALERT], fired=[("ann", FIRED)], delivered={"ann": 1}, seen_ns={"ann": 0}
    )
    state.alerts.write(changes, lambda: None)
    state.rooms.append("e1", SAID)
    await state.close(5)
    return tmp_path


def edit(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / NAME)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(("statement", "words"), DAMAGE.items())
def test_a_damaged_file_is_named_and_not_changed(folder: Path, statement: str, words: str) -> None:
    edit(folder, statement)
    before = (folder / NAME).read_bytes()
    with pytest.raises(StateError, match=words) as told:
        State(folder)
    text = str(told.value)
    assert text.startswith(f"{folder / NAME}: ")
    assert "\n" not in text
    assert any(remedy in text for remedy in ("restore a copy", "another folder"))
    assert (folder / NAME).read_bytes() == before
    assert [each.name for each in folder.iterdir()] == [NAME]


def test_the_file_without_damage_is_read(folder: Path) -> None:
    state = State(folder)
    (owner,) = state.alerts.load()
    assert (owner.alerts, owner.fired, owner.delivered) == ([ALERT], [FIRED], 1)
    assert [room.said for room in state.rooms.load(200)] == [[SAID]]
    assert state.outbox.undelivered() == [event_for(state.instance, "ann", FIRED)]


def test_a_file_cut_in_the_middle_is_damaged(folder: Path) -> None:
    edit(folder, f"INSERT INTO fact VALUES ('x', '{'x' * 50_000}')")
    path = folder / NAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"ticker\.db: is damaged: .*restore a copy"):
        State(folder)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_as_it_is_beside_a_log(folder: Path) -> None:
    """The write-ahead log of a server that was killed: SQLite would write its pages into any file of the name."""
    path = folder / NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE fact SET value = value || '0'")
        connection.commit()
        log = Path(f"{path}-wal").read_bytes()
    assert log
    path.write_text("prices\n" * 900)
    Path(f"{path}-wal").write_bytes(log)
    with pytest.raises(StateError, match="not a database"):
        State(folder)
    assert path.read_text() == "prices\n" * 900


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert list(State(tmp_path).alerts.load()) == []


def test_a_file_of_the_first_version_is_upgraded(folder: Path) -> None:
    """Its owners count as seen now, and its rooms as created by no address."""
    for statement in ("DROP TABLE seen", "ALTER TABLE room DROP COLUMN source", "PRAGMA user_version = 1"):
        edit(folder, statement)
    body = msgspec.json.encode(ALERT).decode().replace(',"source":""', "")
    edit(folder, f"UPDATE alert SET body = CAST('{body}' AS BLOB)")
    edit(folder, "INSERT INTO fact VALUES ('ran_ns', '500')")
    state = State(folder)
    (owner,) = state.alerts.load()
    assert (owner.alerts, owner.seen_ns) == ([ALERT], 500)
    assert [room.source for room in state.rooms.load(200)] == [""]


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_what_is_no_file_is_refused_and_not_opened(tmp_path: Path, ending: str) -> None:
    """Opening a named pipe would wait for its writer."""
    path = tmp_path / (NAME + ending)
    os.mkfifo(path)
    with pytest.raises(StateError, match=f"{path.name}: is a named pipe, not a file; move it away"):
        State(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(StateError, match=f"{path.name}: is a folder, not a file"):
        State(tmp_path)
    path.rmdir()
    path.symlink_to("/dev/null")
    with pytest.raises(StateError, match=f"{path.name}: is a symbolic link, not a file"):
        State(tmp_path)

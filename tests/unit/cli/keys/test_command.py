"""``ticker keys``: the options of a key are in the file and in the list."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import Keys
from ticker.cli import main


def run(*args: str) -> str:
    result = CliRunner().invoke(main, ["keys", *args])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_key_for_some_rooms(tmp_path: Path) -> None:
    """The default is all rooms; an empty list means none."""
    path = tmp_path / "keys.json"
    run("add", "some", "--keys", str(path), "--rooms", "desk, fx-*")
    run("add", "all", "--keys", str(path))
    run("add", "none", "--keys", str(path), "--rooms", "")
    assert {row.name: row.may for row in Keys.read(path).rows} == {
        "some": Entitlements(rooms=("desk", "fx-*")),
        "all": Entitlements(),
        "none": Entitlements(rooms=()),
    }
    listed = json.loads(run("list", "--keys", str(path), "--json"))
    assert {row["name"]: row["may"]["rooms"] for row in listed} == {"some": ["desk", "fx-*"], "all": ["*"], "none": []}
    head, *rows = [line.split("\t") for line in run("list", "--keys", str(path)).splitlines()]
    at = head.index("rooms")
    assert [row[at] for row in rows] == ["desk,fx-*", "*", ""]


def test_the_list_warns_of_names_that_can_be_mistaken_for_others(tmp_path: Path) -> None:
    """They can no longer be added, but stand in older files."""
    path = tmp_path / "keys.json"
    for name in ("desk1", "first", "second", "third"):
        run("add", name, "--keys", str(path))
    text = path.read_text(encoding="utf-8")
    for name, new in (("first", "operator"), ("second", "5erver"), ("third", "DESK1")):
        text = text.replace(f'"{name}"', f'"{new}"')
    path.write_text(text, encoding="utf-8")
    listed = CliRunner().invoke(main, ["keys", "list", "--keys", str(path)])
    assert listed.stderr.splitlines() == [
        "ticker: warning: the name 'operator' is reserved for notices: its clients get prices, but can't join rooms",
        "ticker: warning: the names 'desk1' and 'DESK1' look alike; in a room the second to join gets a number",
    ]
    assert len(listed.stdout.splitlines()) == 5

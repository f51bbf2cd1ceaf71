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

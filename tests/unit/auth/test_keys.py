"""The key file."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import Keys, add, editing, revoke
from ticker.errors import KeysError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def new_key(path: Path, name: str = "desk", **more: object) -> str:
    with editing(path) as keys:
        return add(keys, name, Entitlements(), **more)[1]  # type: ignore[arg-type]


def test_a_key_is_found_and_its_secret_is_not_in_the_file(path: Path) -> None:
    secret = new_key(path)
    row = Keys.read(path).find(secret)
    assert row is not None
    assert row.name == "desk"
    assert secret[12:] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(secret) == 55


def test_invalid_keys_are_not_found(path: Path) -> None:
    secret = new_key(path)
    keys = Keys.read(path)
    wrong = [
        secret[:-1],
        secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        secret.upper(),
        secret + "x",
        "",
        "tk_",
        "\ud800",
    ]
    wrong.append("tk_00000000" + secret[11:])
    assert [each for each in wrong if keys.find(each) is not None] == []


def test_a_key_expires(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = new_key(path, expires=1_000)
    keys = Keys.read(path)
    monkeypatch.setattr("time.time", lambda: 999.9)
    assert keys.find(secret) is not None
    monkeypatch.setattr("time.time", lambda: 1_000.0)
    assert keys.find(secret) is None


def test_a_key_is_revoked_by_name_or_id(path: Path) -> None:
    one, two = new_key(path, "one"), new_key(path, "two")
    with editing(path) as keys:
        revoke(keys, "one")
        revoke(keys, two.split("_")[1])
        with pytest.raises(KeysError, match="three"):
            revoke(keys, "three")
    keys = Keys.read(path)
    assert keys.find(one) is None
    assert keys.rows == []


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "x" * 65, "ä", "a\n"])
def test_invalid_names_are_refused(path: Path, name: str) -> None:
    with pytest.raises(KeysError, match="64"):
        new_key(path, name)


def test_names_are_unique(path: Path) -> None:
    new_key(path)
    with pytest.raises(KeysError, match="already"):
        new_key(path)
    assert len(Keys.read(path).rows) == 1


def test_names_must_not_look_alike(path: Path) -> None:
    """Neither like another key's, nor like the senders of notices. Rows that do are still read."""
    with editing(path) as keys:
        add(keys, "desk1", Entitlements())
    for name, why in (
        ("DESK1", "looks like the key desk1"),
        ("deskl", "looks like the key desk1"),
        ("operator", "reserved for notices"),
        ("Server", "reserved for notices"),
        ("0perator", "reserved for notices"),
    ):
        with editing(path) as keys, pytest.raises(KeysError, match=why):
            add(keys, name, Entitlements())
    assert [row.name for row in Keys.read(path).rows] == ["desk1"]


def test_an_invalid_key_file_is_refused(path: Path) -> None:
    with pytest.raises(KeysError, match=r"no such file.*ticker keys add"):
        Keys.read(path)
    for content in ("", "[]", '{"keys":[{}]}', '{"version":2}', '{"keys":[],"more":1}', '{"keys":[{"id":1}]}'):
        path.write_text(content)
        with pytest.raises(KeysError, match=r"keys\.json: "):
            Keys.read(path)
        with pytest.raises(KeysError), editing(path):
            pass
        assert path.read_text() == content


def test_a_failed_edit_changes_nothing(path: Path) -> None:
    new_key(path)
    before = path.read_bytes()
    with pytest.raises(KeysError), editing(path) as keys:
        revoke(keys, "nobody")
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


def test_concurrent_edits_lose_no_key(path: Path) -> None:
    threads = [threading.Thread(target=new_key, args=(path, f"key{number}")) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Keys.read(path).rows) == 12

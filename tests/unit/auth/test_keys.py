"""The key file."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from tests.support.broken_key_files import PATHS, break_path
from ticker.auth.authenticator import Authenticator
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


ROW = {"id": "0123abcd", "name": "desk", "sha256": "0" * 64, "created": 1}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\xff", "not a key file"),
        (b'{"keys":' + b"[" * 100_000, "not a key file"),
        (b"\0", "not a key file"),
        ({"keys": [ROW | {"sha256": "\u00e9" * 64}]}, "keys[0]: sha256: must be 64 hex digits"),
        ({"keys": [ROW | {"id": "x"}]}, "keys[0]: id: must be 8 hex digits"),
        ({"keys": [ROW, ROW | {"name": "other"}]}, "keys[1]: the id 0123abcd is taken"),
        ({"keys": [ROW | {"expires": 10**400}]}, "keys[0]: expires: must be seconds"),
        ({"keys": [ROW | {"created": -1}]}, "keys[0]: created: must be seconds"),
        ({"version": 10**400}, "is not supported"),
        ({"keys": [ROW | {"may": {"rate": 0.1}}]}, "rate: must be at least 0.5"),
    ],
    ids=range(10),
)
def test_a_key_file_that_was_edited_badly_is_refused_with_one_line_that_names_it(
    path: Path, content: object, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start, and in the running server, where the previous keys stay valid."""
    secret = new_key(path)
    auth = Authenticator(path)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(KeysError) as caught:
        Keys.read(path)
    auth.refresh()
    for line in (str(caught.value), *caplog.messages):
        assert line.startswith(f"{path}: ")
        assert part in line
        assert line.isprintable()
        assert len(line) < len(str(path)) + 200
    assert len(caplog.messages) == 1
    assert auth.identify(secret) is not None


@pytest.mark.parametrize("how", [how for how in PATHS if how != "nothing"])
def test_what_is_not_a_file_is_no_key_file(path: Path, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """The error comes at once, without waiting for the other end of a pipe."""
    secret = new_key(path)
    auth = Authenticator(path)
    break_path(path, how)
    auth.refresh()
    assert auth.identify(secret) is not None
    (line,) = caplog.messages
    assert line.startswith(f"{path}: ")
    if how != "a link to nowhere":
        with pytest.raises(KeysError, match=PATHS[how]), editing(path):
            pass


def test_a_key_cannot_expire_after_the_last_year_that_can_be_shown(path: Path) -> None:
    with pytest.raises(KeysError, match="year 9999"):
        new_key(path, expires=10**12)
    assert not path.exists()


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

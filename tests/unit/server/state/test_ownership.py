"""Who has access to the folder and the files of --state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ticker.errors import StateError
from ticker.server.state import State
from ticker.server.state.database import NAME


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def use(folder: Path) -> None:
    asyncio.run(State(folder).close(1))


def test_the_access_of_others_is_taken_away_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """From the file, from what SQLite puts beside it, and from a folder in which others could replace them."""
    use(tmp_path)
    path = tmp_path / NAME
    path.chmod(0o644)
    tmp_path.chmod(0o775)
    use(tmp_path)
    assert (mode(path), mode(tmp_path)) == (0o600, 0o755)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    folder_line, file_line, wal_line = caplog.messages
    assert folder_line.startswith(f"{tmp_path}: other users could write")
    assert file_line.startswith(f"{path}: other users had access")
    assert file_line.endswith("(its mode was 644)")
    assert wal_line.startswith(f"{path}-wal: ")


def test_a_folder_that_others_only_read_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o755)
    use(tmp_path)
    assert (mode(tmp_path), caplog.messages) == (0o755, [])


def test_a_link_to_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    use(tmp_path / "link")
    assert mode(tmp_path / "real" / NAME) == 0o600


def test_another_users_files_are_refused_if_others_have_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only their owner can change that."""
    use(tmp_path)
    ours = tmp_path.stat().st_uid
    path = tmp_path / NAME
    path.chmod(0o660)
    monkeypatch.setattr("os.geteuid", lambda: ours + 1)
    with pytest.raises(StateError, match=r"ticker\.db: belongs to another user, .*chown"):
        State(tmp_path)
    path.chmod(0o600)
    tmp_path.chmod(0o770)
    with pytest.raises(StateError, match="other users may write to this folder"):
        State(tmp_path)
    # As in /tmp, other users cannot replace the file.
    tmp_path.chmod(0o1777)
    use(tmp_path)
    assert (mode(path), mode(tmp_path)) == (0o600, 0o777)


def test_a_file_that_cannot_be_opened_says_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a read-only disk; permissions don't stop tests that run as root."""

    def refuse(*_: Any) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(
        StateError, match=r"ticker\.db: Read-only file system; the server must be able to read and write"
    ):
        State(tmp_path)

"""`ticker serve --state` as a process with files that it can't use: one line, status 2, nothing changed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import Server

NAME = "ticker.db"


def edited(statement: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(statement)
        connection.commit()
        connection.close()

    return edit


def replaced(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edited("DELETE FROM fact"), "is damaged: the row 'instance' of the table fact is missing or wrong; restore"),
        (edited("DROP TABLE room"), "is damaged: the table room is missing; restore a copy of it, or move it away"),
        (edited("INSERT INTO alert VALUES (1, 'ann', '7', x'ff')"), "is damaged: the alert '7' of 'ann': "),
        (edited("INSERT INTO room VALUES (x'00', 1, 'x', 2)"), "is damaged: the room "),
        (edited("PRAGMA user_version = 9"), "version 9 is not supported"),
        (edited("PRAGMA application_id = 9"), "belongs to another program"),
        (replaced(lambda path: path.write_text("prices\n" * 900)), "not a database"),
        (replaced(os.mkfifo), "is a named pipe, not a file"),
        (replaced(Path.mkdir), "is a folder, not a file"),
        (replaced(lambda path: path.symlink_to("/dev/zero")), "is a symbolic link, not a file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    with Server("--symbols", "AAPL", "--state", str(tmp_path)):
        pass
    path = tmp_path / NAME
    damage(path)
    before = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    command = [sys.executable, "-W", "error", "-m", "ticker", "serve", "--port", "0", "--state", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith(f"ticker: {path}: {words}")
    assert before is None or path.read_bytes() == before


def test_wide_permissions_are_taken_away_and_logged(tmp_path: Path) -> None:
    with Server("--symbols", "AAPL", "--state", str(tmp_path)):
        pass
    path = tmp_path / NAME
    path.chmod(0o666)
    with Server("--symbols", "AAPL", "--state", str(tmp_path)) as server:
        assert f"{path}: other users had access to this file" in server.logged("other users")
        assert path.stat().st_mode & 0o777 == 0o600

"""`ticker serve` with broken files of keys and certificates: one line that names the file, and status 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broken_key_files import BROKEN, PATHS, break_path
from tests.support.processes import Server


@pytest.mark.parametrize("option", ["--jwt-key", "--keys", "--tls-cert"])
@pytest.mark.parametrize("how", ["a named pipe", "100 MB", "NUL"])
def test_a_broken_file_is_one_line_and_nothing_is_started(tmp_path: Path, option: str, how: str) -> None:
    path = tmp_path / "file"
    if how in PATHS:
        break_path(path, how)
    else:
        path.write_bytes(BROKEN[how][0])
    command = [sys.executable, "-m", "ticker", "serve", "--port", "0", option, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    (line,) = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert str(path) in line
    assert "Traceback" not in line


def test_a_running_server_names_a_file_that_breaks_and_keeps_its_keys(tmp_path: Path) -> None:
    """In one line, at the next look at its files."""
    path = tmp_path / "tokens.jwks"
    path.write_bytes(b"0123456789abcdef0123456789abcdef")
    with Server("--jwt-key", str(path)) as server:
        path.write_bytes(BROKEN["a huge exponent"][0])
        line = server.logged(str(path))
        assert "not an RSA key: its exponent must be odd" in line
        assert line.endswith("; keeping the previous keys\n")
        assert server.get("/healthz") == {"status": "ok"}
        path.write_bytes(b"fedcba9876543210fedcba9876543210")
        # The next line about the file.
        assert server.logged(str(path)).endswith(": reloaded\n")

"""README's Python runs as it stands there, against the real command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    """A server as README starts it, on a port that is free."""
    command = [sys.executable, "-m", "ticker", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
        assert found
        yield found[1]
        server.terminate()
        server.communicate()
        assert server.returncode == 0


def test_there_is_python_to_run() -> None:
    """The blocks are found: async, sync, the trades, alerts and rooms, and bars."""
    assert len(BLOCKS) == 5


@pytest.mark.parametrize("block", BLOCKS)
def test_the_python_of_the_readme_runs(block: str, port: str) -> None:
    """Word for word, but for the port; it prints, and complains of nothing."""
    code = block.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert "AAPL" in ran.stdout

"""The Python examples of README.md, run against a server started as README.md says."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
#: How many lines of output show that an example streams. The one with alerts prints two events of its own making.
LINES = 2


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    """A server as README.md starts it, on a free port."""
    command = [sys.executable, "-m", "ticker", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
        assert found
        yield found[1]
        server.terminate()
        server.communicate()
        assert server.returncode == 0


def test_the_examples_are_found() -> None:
    """Synchronous, asynchronous, and alerts with chat."""
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_readme_streams(example: str, port: str) -> None:
    """It runs word for word except for the port, prints lines until it is interrupted, and warns of nothing."""
    code = example.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    command = [sys.executable, "-u", "-W", "error", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        printed = [script.stdout.readline() for _ in range(LINES)]
        script.send_signal(signal.SIGINT)
        _, errors = script.communicate()
    assert any("AAPL" in line for line in printed), errors
    assert all(printed), errors
    # Ctrl-C is how it ends, and the only thing that goes wrong.
    assert errors.strip().endswith("KeyboardInterrupt"), errors
    assert "Warning" not in errors

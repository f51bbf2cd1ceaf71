"""``ticker serve`` raises the limit of open files."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource
from ticker.cli.serve.ulimit import raise_open_files
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
raise_open_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no RLIMIT_NOFILE")
def test_the_soft_limit_is_raised_to_the_hard_limit() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert result.stdout == "True\n"

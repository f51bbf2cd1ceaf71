"""``ticker serve`` takes as many descriptors as it may."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource
from ticker.cli.serve.ulimit import allow_many
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
allow_many()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_as_many_as_it_may() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert result.stdout == "True\n"

"""The dashboard's own unit tests, and its build's decisions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "web" / "build.py"


@pytest.mark.timeout(180)  # where web/node_modules is not there yet, it is made
def test_the_dashboards_own_tests_pass() -> None:
    """Node runs the tests of web/test; what they say is shown if one fails."""
    ran = subprocess.run([sys.executable, str(BUILD), "--test"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"\n{ran.stdout[-6_000:]}\n{ran.stderr[-2_000:]}"
    assert "# fail 0" in ran.stdout or "ℹ fail 0" in ran.stdout
    assert "# tests 0" not in ran.stdout

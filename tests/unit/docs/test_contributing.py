"""CONTRIBUTING.md held to the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_each_make_target_is_there() -> None:
    """The table of commands names targets of the Makefile."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `make ([\w-]+)` \|", text, re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"serve", "test", "lint", "bench"} <= told <= targets


def test_each_dependency_has_its_reason() -> None:
    """No dependency without a line that says what for, and no line without its dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    needed = {re.split(r"[<>=\[ ]", line)[0] for group in groups for line in group}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Dependencies\n")[1]
    assert set(re.findall(r"^- `([^`]+)`: \S", text, re.MULTILINE)) == needed

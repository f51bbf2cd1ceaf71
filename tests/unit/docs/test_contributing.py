"""CONTRIBUTING.md against the Makefile and pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_listed_make_targets_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `make ([\w-]+)` \|", text, re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"serve", "test", "lint", "bench"} <= listed <= targets


def test_each_dependency_has_a_reason() -> None:
    """And no other package is listed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    needed = {re.split(r"[<>=\[ ]", line)[0] for group in groups for line in group}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Dependencies\n")[1]
    assert set(re.findall(r"^- `([^`]+)`: \S", text, re.MULTILINE)) == needed

"""ARCHITECTURE.md against the tree: its table of packages names each package and module once, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_table_of_packages_is_complete() -> None:
    """Packages end in a slash; modules stand for themselves only at the top of ``ticker/``."""
    table = TEXT.partition("## Packages")[2].partition("\n## ")[0]
    named = [
        name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]
    there = {f"ticker/{path.name}" for path in (ROOT / "ticker").glob("*.py") if not path.name.startswith("__")}
    for top in ("ticker", "feeds"):
        there |= {f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / top).glob("**/__init__.py")}
    commands = {name for name in there if name.startswith("ticker/cli/") and name != "ticker/cli/"}
    assert sorted(named) == sorted(there - commands - {"ticker/"})

"""ARCHITECTURE.md against the tree: the table of modules has each once, and none that isn't there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_each_module_is_in_the_house() -> None:
    """Those of the core and of the server; a name without a folder is in that of the name before it."""
    told: list[str] = []
    for row in re.findall(r"^\| (`[^|]*) \|", TEXT.partition("## The house")[2].partition("\n## ")[0], re.MULTILINE):
        folder = ""
        for name in re.findall(r"`([\w/]+\.py)`", row):
            if "/" in name:
                folder = name.rpartition("/")[0].removeprefix("ticker/") + "/"
                folder = "" if folder == "ticker/" else folder
            told.append(folder + name.rpartition("/")[2])
    there = {path.name for path in (ROOT / "ticker").glob("*.py") if not path.name.startswith("__")}
    there |= {f"server/{path.name}" for path in (ROOT / "ticker" / "server").glob("*.py") if path.name != "__init__.py"}
    assert sorted(told) == sorted(there)

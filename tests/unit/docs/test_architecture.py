"""ARCHITECTURE.md against the tree: its tables name what exists, and the table of packages is complete."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.test_imports import RANK

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_table_of_packages_is_complete() -> None:
    """Packages end in a slash; single modules are listed only at the top of ``ticker/``."""
    table = section("Packages")
    named = [
        name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]
    there = {f"ticker/{path.name}" for path in (ROOT / "ticker").glob("*.py") if not path.name.startswith("__")}
    for top in ("ticker", "feeds"):
        there |= {f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / top).glob("**/__init__.py")}
    commands = {name for name in there if name.startswith("ticker/cli/") and name != "ticker/cli/"}
    assert sorted(named) == sorted(there - commands - {"ticker/"})


def test_the_packages_are_in_the_order_of_their_imports() -> None:
    names = re.findall(r"^\| `ticker/(\w+)(?:\.py|/)` \|", section("Packages"), re.MULTILINE)
    ranks = [RANK[name] for name in names]
    assert len(ranks) > 15
    assert ranks == sorted(ranks)


def test_the_places_to_change_exist() -> None:
    """Each row of "Where to change what" names a file, and a function that is named is in the row's first file."""
    rows = [row for row in section("Where to change what").splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 12
    for row in rows:
        names = re.findall(r"`([^`]+)`", row.split(" | ", 1)[1])
        paths = [ROOT / name for name in names if "/" in name]
        assert paths, row
        assert [str(path) for path in paths if not path.exists()] == []
        for function in (name for name in names if name.startswith("_")):
            assert f"def {function}(" in paths[0].read_text(encoding="utf-8"), row

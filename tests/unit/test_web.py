"""The dashboard's own unit tests, and the structure of its modules."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from ticker.wire.limits import Limits

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "web" / "build.py"
SOURCE = ROOT / "web" / "src"
TESTS = ROOT / "web" / "test"

#: Bottom to top: a folder of web/src may import those of earlier rows and its own.
ORDER: list[set[str]] = [
    {"core", "protocol"},
    {"market", "transports", "rooms"},
    {"alerts", "client", "watchlist"},
    {"app"},
    {"views/common"},
    {"views/alerts", "views/chat", "views/header", "views/symbol", "views/watchlist"},
    {"views/page"},
    {"."},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


@pytest.mark.timeout(180)  # the first run installs web/node_modules
def test_the_dashboards_unit_tests_pass() -> None:
    result = subprocess.run([sys.executable, str(BUILD), "--test"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"\n{result.stdout[-6_000:]}\n{result.stderr[-2_000:]}"
    assert "# fail 0" in result.stdout or "ℹ fail 0" in result.stdout
    assert "# tests 0" not in result.stdout


def test_the_dashboards_default_limits_are_the_servers() -> None:
    text = (SOURCE / "protocol" / "limits.ts").read_text(encoding="utf-8")
    defaults = {name: int(value) for name, value in re.findall(r"(\w+): ([\d_]+)", text)}
    assert len(defaults) == 4
    limits = msgspec.to_builtins(Limits())
    assert defaults == {name: limits[name] for name in defaults}


@cache
def imports() -> dict[PurePosixPath, set[PurePosixPath]]:
    """The modules of web/src with those that each imports, also for types only."""
    found: dict[PurePosixPath, set[PurePosixPath]] = {}
    for path in sorted(SOURCE.rglob("*.ts")):
        text = path.read_text(encoding="utf-8")
        targets = re.findall(r'(?:from|import)\s*\(?\s*"(\.{1,2}/[^"]+)"', text)
        files = {(path.parent / target).resolve().relative_to(SOURCE) for target in targets}
        found[PurePosixPath(path.relative_to(SOURCE).as_posix())] = {PurePosixPath(file.as_posix()) for file in files}
    return found


def test_the_dashboard_has_no_import_cycle() -> None:
    """Between files: `import type` counts."""
    assert len(imports()) > 50
    missing = {target for targets in imports().values() for target in targets} - set(imports())
    assert missing == set()
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(str(path) for path in reversed(error.args[1])))


def test_the_dashboards_folders_import_one_way() -> None:
    folders = {str(path.parent) for path in imports()}
    assert folders == set(RANK)
    wrong = [
        f"{path} imports {target}"
        for path, targets in imports().items()
        for target in targets
        if path.parent != target.parent and RANK[str(target.parent)] >= RANK[str(path.parent)]
    ]
    assert wrong == []


def test_the_dashboards_files_have_snake_case_names() -> None:
    """The convention of the Python packages; a unit test is named after its module."""
    assert [path for path in imports() if not re.fullmatch(r"[a-z]+(_[a-z]+)*\.ts", path.name)] == []
    tested = [path.relative_to(TESTS).as_posix().replace(".test.ts", ".ts") for path in TESTS.rglob("*.test.ts")]
    assert [path for path in tested if not (SOURCE / path).exists()] == []

"""Imports run one way: each module may know what stands before it, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: From the ground up. A module may import those of earlier rows, and nothing of its own row but what is named last.
LAYERS: list[set[str]] = [
    {"errors", "fields", "backoff"},
    {"model", "messages", "moments", "options", "texts", "bar_fold", "bar_history"},
    {"feed", "codec", "board", "ring", "watchlist", "entitlements"},
    {"bars", "encoded", "pump", "testing", "keys", "account"},
    {"subscription"},
    {"audience", "bar_subscription", "topic"},
    {"session", "lane", "tape", "bar_lane"},
    {"lanes", "desk"},
    {"alerts", "rooms", "notices"},
    {"hub"},
    {"server"},
    {"client"},
    {"cli"},
    {"__main__"},
]
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
#: The client stands on the wire's words alone, and needs no numpy.
CLIENT_MAY = {"backoff", "errors", "fields", "messages", "codec"}


def modules() -> list[Path]:
    return sorted((ROOT / "ticker").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The modules that a module imports, those imported for type checking alone left out."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        nodes = [node]
        while nodes:
            each = nodes.pop()
            if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.unparse(each.test):
                continue
            if isinstance(each, ast.Import):
                found |= {alias.name for alias in each.names}
            elif isinstance(each, ast.ImportFrom):
                assert each.level == 0, f"{path}: relative import"
                found.add(each.module or "")
                if each.module == "ticker":
                    found |= {f"ticker.{alias.name}" for alias in each.names}
            nodes.extend(child for child in ast.iter_child_nodes(each) if isinstance(child, ast.stmt))
    return found


def part(path: Path) -> str:
    inside = path.relative_to(ROOT / "ticker")
    return inside.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_below_it(path: Path) -> None:
    """The order of LAYERS holds for every import, also those inside functions."""
    name = part(path)
    if name == "__init__":
        assert not {module for module in imported(path) if module.startswith("ticker.")}
        return
    assert name in LAYER, f"{name} has no place in the order: give it one"
    for module in imported(path):
        top, _, rest = module.partition(".")
        assert top != "feeds", f"{path}: the core imports no feed"
        if top != "ticker" or not rest:
            continue
        other = rest.split(".")[0]
        if other == name:
            continue
        if other not in LAYER:
            continue  # a name that ticker/__init__.py gives out, such as __version__
        if name == "client":
            assert other in CLIENT_MAY, f"{path}: the client stands on messages and codec alone, not on {other}"
        else:
            assert LAYER[other] < LAYER[name], f"{path}: {name} may not know {other}"


def test_the_client_needs_neither_numpy_nor_pandas_nor_the_server() -> None:
    """Importing the client is cheap: a script should not wait for what it doesn't use."""
    code = "import sys, ticker; ticker.connect; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = [
        "numpy",
        "pandas",
        "aiohttp",
        "ticker.model",
        "ticker.board",
        "ticker.hub",
        "ticker.server",
        "click",
        "rich",
    ]
    ran = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

"""Imports run one way: no cycle between files or packages, and each package imports only those listed before it."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Bottom to top. A package or module of ``ticker`` may import those of earlier rows, and nothing else of its own row.
ORDER: list[set[str]] = [
    {"errors", "fields", "backoff", "timeparse", "sanitize", "small_file", "token_bucket"},
    {"conditions", "intervals", "zones"},
    {"symbols", "calendar", "sale_conditions", "confusables"},
    {"model", "wire"},
    {"event_check"},
    {"market", "auth"},
    {"fanout", "feed"},
    {"hub", "testing"},
    {"alerts", "rooms"},
    {"server"},
    {"client"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
#: The client imports these alone, so that it needs no numpy.
CLIENT_MAY = {"backoff", "errors", "fields", "intervals", "wire"}


@cache
def files() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for top in ("ticker", "feeds"):
        for path in sorted((ROOT / top).rglob("*.py")):
            found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


@cache
def imports(name: str) -> frozenset[str]:
    """The modules of the product that a module imports, also inside functions; except for type checking."""
    found: set[str] = set()
    nodes: list[ast.AST] = list(ast.parse(files()[name].read_text(encoding="utf-8")).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            module = node.module or ""
            found |= {
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in files() else module for alias in node.names
            }
        nodes.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.excepthandler))
    return frozenset(found & files().keys())


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Those groups of nodes that reach each other."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for each in graph.get(todo.pop(), ()):
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        return seen

    reached = {name: reach(name) for name in graph}
    groups = {
        frozenset(each for each in reached[name] if name in reached[each]) for name in graph if name in reached[name]
    }
    return sorted(map(sorted, groups))


def test_no_file_is_in_a_cycle() -> None:
    """An ``__init__`` stands for what it exports: importing a name from it imports the file that has it."""
    assert cycles({name: set(imports(name)) for name in files()}) == []


@pytest.mark.parametrize("package", ["ticker", "ticker.server", "ticker.client", "ticker.cli", "feeds", "feeds.files"])
def test_the_parts_of_a_package_form_no_cycle(package: str) -> None:
    """Each subpackage counts as one, and so does each file beside them."""

    def part(name: str) -> str:
        return name.removeprefix(package + ".").partition(".")[0]

    graph: dict[str, set[str]] = {}
    for name in files():
        if name.startswith(package + "."):
            graph.setdefault(part(name), set()).update(
                part(other) for other in imports(name) if other.startswith(package + ".") and part(other) != part(name)
            )
    assert cycles(graph) == []


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("ticker.")])
def test_a_module_imports_only_packages_below_its_own(name: str) -> None:
    """The order of ORDER holds for every import, also those inside functions."""
    own = name.split(".")[1]
    assert own in RANK, f"{own} has no place in ORDER: give it one"
    for module in imports(name):
        top, _, rest = module.partition(".")
        assert top != "feeds", f"{name}: ticker imports no feed"
        other = rest.partition(".")[0]
        if other in {"", own}:
            continue
        if own == "client":
            assert other in CLIENT_MAY, f"{name}: the client imports wire alone, not {other}"
        else:
            assert RANK[other] < RANK[own], f"{name}: {own} may not import {other}"


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("feeds")])
def test_feeds_import_only_the_toolkit_of_the_command_line(name: str) -> None:
    """The built-in feeds and their command use the same public names as any other package."""
    assert {module for module in imports(name) if module.startswith("ticker.cli")} <= {"ticker.cli.toolkit"}


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("ticker.server.core")])
def test_the_servers_core_imports_no_sibling(name: str) -> None:
    """``ticker.server.core`` is what all other parts of the server stand on."""
    assert {module for module in imports(name) if module.startswith("ticker.server")} <= {
        each for each in files() if each.startswith("ticker.server.core")
    }


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("ticker.auth")])
def test_authentication_does_not_depend_on_http(name: str) -> None:
    """``ticker.auth`` also serves the command line: the parts that need aiohttp belong to ``ticker.server``."""
    tree = ast.parse(files()[name].read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {module for module in modules if module.partition(".")[0] == "aiohttp"} == set()


def test_the_package_imports_nothing_when_imported() -> None:
    """Names of ``ticker`` are loaded when they are first used."""
    assert imports("ticker") == frozenset()


def test_the_client_needs_neither_numpy_nor_pandas_nor_the_server() -> None:
    """Importing the client is cheap: a script should not wait for what it doesn't use."""
    code = "import sys, ticker; ticker.connect; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = [
        "numpy",
        "pandas",
        "aiohttp",
        "ticker.model",
        "ticker.market",
        "ticker.hub",
        "ticker.server",
        "click",
        "rich",
    ]
    ran = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

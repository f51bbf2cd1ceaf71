"""The constraints of `make test-lowest`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.support.lowest_versions import PYPROJECT, constraints

EXTRAS = tuple(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"])


def test_every_dependency_has_a_lower_bound() -> None:
    lines = constraints(PYPROJECT, EXTRAS)
    assert "pyjwt==2.13.0" in lines
    assert any(line.endswith("; sys_platform == 'linux'") for line in lines)
    assert len({line.partition("==")[0] for line in lines}) == len(lines) > 25


def test_a_dependency_of_several_extras_has_the_same_bound_in_each() -> None:
    """Otherwise an extra alone would admit versions that are never tested."""
    bounds: dict[str, set[str]] = {}
    for extra in EXTRAS:
        for line in constraints(PYPROJECT, (extra,)):
            bounds.setdefault(line.partition("==")[0], set()).add(line)
    assert {name: found for name, found in bounds.items() if len(found) > 1} == {}


@pytest.mark.parametrize("line", ["msgpack", "msgpack<2", "msgpack==1.2.1"])
def test_a_dependency_without_a_lower_bound_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\ndependencies = ["{line}"]\noptional-dependencies = {{}}\n')
    with pytest.raises(ValueError, match=r"msgpack.* has no lower bound"):
        constraints(path, ())

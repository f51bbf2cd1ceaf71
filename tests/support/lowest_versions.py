"""Constraints for pip that select the lowest version of each dependency that pyproject.toml allows.

`make test-lowest` installs these, without any package but pip. Indirect dependencies are the newest that fit.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([0-9][0-9.]*)(?:,[^;]*)?(;.*)?")


def constraints(pyproject: Path, extras: tuple[str, ...]) -> list[str]:
    """A line ``NAME==VERSION`` for each dependency and those of ``extras``. Raises ``ValueError`` without lower bound.

    Of several bounds for one package the highest counts, because all apply.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    lowest: dict[str, tuple[tuple[int, ...], str]] = {}
    for line in (line for group in groups for line in group):
        match = _REQUIREMENT.fullmatch(line.replace(" ", ""))
        if match is None:
            raise ValueError(f"{line!r} has no lower bound NAME>=VERSION")
        name, version, marker = match[1], match[2], line.partition(";")[2].strip()
        numbers = tuple(int(part) for part in version.split("."))
        text = f"{name}=={version}" + (f" ; {marker}" if marker else "")
        lowest[name] = max(lowest.get(name, (numbers, text)), (numbers, text))
    return [text for _, text in lowest.values()]


if __name__ == "__main__":
    print("\n".join(constraints(PYPROJECT, ("test",))))

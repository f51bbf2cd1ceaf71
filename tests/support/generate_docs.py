"""Writes the generated parts of the documents: `make docs`, or `python -m tests.support.generate_docs`.

A part lies between ``<!-- generated: NAME -->`` and ``<!-- end -->``. A test compares each with what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ticker.wire.limits import limits_table

DOCS = Path(__file__).parents[2] / "docs"
#: The documents with generated parts, and what writes each part.
PARTS: dict[str, dict[str, Callable[[], str]]] = {"protocol.md": {"limits": limits_table}}

_PART = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def generated(name: str, text: str) -> str:
    """The document called ``name`` with its generated parts as they should be."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[name][part[2]]()}\n{part[4]}", text)


def main() -> None:
    for name in PARTS:
        path = DOCS / name
        path.write_text(generated(name, path.read_text()))


if __name__ == "__main__":
    main()

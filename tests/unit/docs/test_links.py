"""Links between the documents: each relative link names a file that exists, and each anchor a heading of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(path: Path) -> str:
    """A document without its code blocks: a comment in one looks like a heading."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(path: Path, text: str) -> list[str]:
    """The relative links in a document's text that lead nowhere."""
    found = []
    for link in _LINK.findall(text):
        if re.match(r"\w+:", link):  # another site
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def test_the_documents_are_found() -> None:
    assert {"README.md", "docs/protocol.md"} <= {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_relative_link_leads_to_a_file_and_heading(path: Path) -> None:
    assert broken(path, prose(path)) == []


def test_a_broken_link_is_found() -> None:
    """A missing file, a missing heading of another document, and one of the same document."""
    text = (
        "[a](nothing.md) [b](docs/protocol.md#nothing) [c](#nothing) [d](docs/protocol.md#channels) [e](https://x.y/z)"
    )
    assert broken(ROOT / "README.md", text) == ["nothing.md", "docs/protocol.md#nothing", "#nothing"]

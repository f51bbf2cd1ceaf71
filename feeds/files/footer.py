"""The last lines of a file that are no rows by their shape: ``Downloaded from …``, ``END|20240103|2``, ``Total``."""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from feeds.files.parsing.dialect import fields_of
from feeds.files.parsing.header import is_stamp, is_value
from feeds.files.recognition.plan import Plan
from feeds.files.report import excerpt
from feeds.files.sources.source import Block

#: At most this many last lines are a footer.
_LINES: Final = 3
_WORD = re.compile(r"[^\W\d_]+")
#: The first words of footers.
_WORDS: Final = frozenset(
    {
        "downloaded", "exported", "generated", "source", "sources", "total", "totals", "sum", "average", "end", "eof",
        "note", "notes", "notice", "copyright", "disclaimer", "data", "provided", "powered", "retrieved", "created",
        "printed", "rows", "records", "count",
    }
)  # fmt: skip
_MARKS: Final = ("#", "*", "©", "(c)", "--", "==", "//")
_STARTS_AS_VALUE = re.compile(r"\d|[-+.]\d")


def with_last(blocks: Iterable[Block]) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether it is the last one, which has all lines that may be a footer."""
    held: deque[Block] = deque()
    for block in blocks:
        held.append(block)
        while len(held) > 1 and sum(map(_texts, itertools.islice(held, 1, None))) >= _LINES:
            yield held.popleft(), False
    if held:
        yield Block(b"".join(each.data for each in held), held[0].first_line, sum(each.lines for each in held)), True


def _texts(block: Block) -> int:
    """The number of lines that aren't blank, not counted beyond the first few."""
    return sum(bool(line.strip()) for line in block.data.split(b"\n", 2 * _LINES))


def without_footer(block: Block, plan: Plan) -> tuple[Block, list[str]]:
    """The last block of a file without its footer, and the footer's lines."""
    data, found = block.data, list[str]()
    while len(found) < _LINES:
        body = data.rstrip()
        start = body.rfind(b"\n") + 1
        line = body[start:].decode("utf-8", "replace")
        if not line or not _is_footer(line, plan):
            break
        data = data[:start]
        found.insert(0, line.strip())
    if not found:
        return block, found
    return Block(data, block.first_line, data.count(b"\n")), found


def body_of(block: Block, plan: Plan) -> Block:
    """A block without a footer, for a look at its rows."""
    return without_footer(block, plan)[0]


def _is_footer(line: str, plan: Plan) -> bool:
    """Whether a line starts with a footer's word or is a single text, and is neither a row nor a part of one."""
    fields = [field.strip() for field in fields_of(line, plan.shape.delimiter)]
    filled = [field for field in fields if field]
    if not filled or _STARTS_AS_VALUE.match(filled[0]):
        return False
    if plan.layout.trailer is not None and fields[0] == plan.layout.trailer and len(fields) > 1:
        return True
    word = _WORD.search(filled[0])
    told = filled[0].lower().startswith(_MARKS) or (word is not None and word[0].lower() in _WORDS)
    if len(fields) == plan.shape.width > 1:  # a row, unless it has no timestamp
        return told and not any(is_value(fields[place]) for place in plan.stamps.values())
    if len(filled) == 1:
        return told or (len(line.split()) > 2 and plan.shape.width > 2)
    if fields[0].upper() == "END":
        return True
    return told and not any(map(is_stamp, filled[1:]))


def footer_note(lines: Sequence[str]) -> str:
    """The note on a footer."""
    return f"the last line{'s are' if len(lines) > 1 else ' is'} no row: {excerpt(lines[0])!r}"

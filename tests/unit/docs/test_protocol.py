"""docs/protocol.md against the code: its tables are complete, and its examples are messages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from tests.support.generate_docs import generated
from ticker.fields import FIELDS
from ticker.wire.codec import JsonCodec
from ticker.wire.codes import CLOSE_CODES, ERROR_CODES, REJECTIONS
from ticker.wire.limits import LIMITS, Limits
from ticker.wire.messages import CHANNELS, CLIENT_MESSAGES, FeedState, ServerMessage

TEXT = (Path(__file__).parents[3] / "docs/protocol.md").read_text()
SERVER_MESSAGES = {kind.__struct_config__.tag: kind for kind in ServerMessage.__args__}


def table(header: str) -> list[list[str]]:
    """The cells of the table whose header line begins with this, without back-quotes."""
    lines = TEXT[TEXT.index(header) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def examples() -> list[str]:
    return [line for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]


def test_client_messages_are_as_listed() -> None:
    """Each `op` and its keys."""
    listed = {ticked(row[0])[0]: set(ticked(row[1])) for row in table("| `op` |")}
    assert listed == {op: set(kind.__struct_fields__) for op, kind in CLIENT_MESSAGES.items()}


def test_server_messages_are_as_listed() -> None:
    """Each `type` and its keys."""
    listed = {ticked(row[0])[0]: set(ticked(row[1])) for row in table("| `type` |")}
    assert listed == {tag: set(kind.__struct_encode_fields__) for tag, kind in SERVER_MESSAGES.items()}


def test_error_codes_are_as_listed() -> None:
    listed = {ticked(row[0])[0]: (row[1], row[2]) for row in table("| code |")}
    assert listed == {row.code: (row.meaning, str(row.close or "")) for row in ERROR_CODES.values()}


def test_close_codes_are_as_listed() -> None:
    listed = {int(row[0]): (row[1], row[2]) for row in table("| close code |")}
    assert listed == {row.code: (row.meaning, "yes" if row.reconnect else "no") for row in CLOSE_CODES.values()}


def test_rejections_channels_and_feed_states_are_as_listed() -> None:
    assert {ticked(row[0])[0]: row[1] for row in table("| reason |")} == REJECTIONS
    assert {ticked(row[0])[0]: row[1] for row in table("| channel | carries")} == CHANNELS
    states = {ticked(row[0])[0]: row[1] for row in table("| `feed.state` |")}
    assert states == FeedState.MEANINGS


def test_the_generated_tables_are_up_to_date() -> None:
    """`make docs` writes them. That of limits has each default and option."""
    assert generated("protocol.md", TEXT) == TEXT
    rows = {ticked(row[0])[0]: row for row in table("| limit |")}
    defaults = msgspec.to_builtins(Limits())
    assert rows.keys() == defaults.keys()
    assert json.loads(f"[{rows['rates'][1]}]") == list(defaults.pop("rates"))
    assert {name: int(rows[name][1]) for name in defaults} == defaults
    for name, limit in LIMITS.items():
        assert ticked(rows[name][4]) == ([limit.option] if limit.option else [])


def test_fields_are_as_listed() -> None:
    listed = [name for row in table("| field |") for name in ticked(row[0])]
    assert sorted(listed) == sorted(FIELDS)


@pytest.mark.parametrize("example", examples())
def test_an_example_is_a_message_without_unknown_keys(example: str) -> None:
    codec = JsonCodec()
    message = codec.decode_client(example) if '"op"' in example else codec.decode_server(example)
    assert json.loads(codec.encode(message)) == json.loads(example)

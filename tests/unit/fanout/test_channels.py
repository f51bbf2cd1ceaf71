"""The table of channels."""

from __future__ import annotations

from ticker.fanout.channels import CHANNELS
from ticker.wire import messages


def test_the_table_has_the_channels_of_the_protocol() -> None:
    assert list(CHANNELS) == list(messages.CHANNELS)

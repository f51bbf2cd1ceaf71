"""Which events have an id, and which are comments."""

from __future__ import annotations

import pytest

from ticker.fanout.subscription import HEARTBEAT, TICKER, Topic
from ticker.server.http.sse import EventFramer

MINUTES = Topic("bars", "1m")


@pytest.mark.parametrize("topic", [TICKER, Topic("trades"), MINUTES])
def test_frames_of_the_streams_topic_have_an_id(topic: Topic) -> None:
    framer = EventFramer(topic, lambda: "e1")
    assert framer.frame(b"{}", (topic, 812)) == b"id: e1-812\ndata: {}\n\n"


@pytest.mark.parametrize("topic", [TICKER, Topic("trades"), Topic("bars", "1h")])
def test_frames_of_other_topics_and_other_messages_have_none(topic: Topic) -> None:
    """A browser resumes the topic in the stream's address only, and versions of another one mean nothing to it."""
    framer = EventFramer(MINUTES, lambda: "e1")
    assert framer.frame(b"{}", (topic, 812)) == b"data: {}\n\n"
    assert framer.frame(b"[]") == b"data: []\n\n"


def test_a_heartbeat_is_a_comment() -> None:
    assert EventFramer(TICKER, lambda: "e1").frame(b"{}", (HEARTBEAT, 812)) == b": {}\n\n"


def test_an_event_is_built_once_for_all_its_receivers() -> None:
    framer, payload = EventFramer(TICKER, lambda: "e1"), b"{}"
    assert framer.frame(payload, (TICKER, 1)) is framer.frame(payload, (TICKER, 1))

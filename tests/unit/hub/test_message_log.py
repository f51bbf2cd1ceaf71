"""A topic: numbers, what is kept, and that whoever is not ready is owed a number and nothing else."""

from __future__ import annotations

from functools import partial

import msgspec

from tests.support.model_client import Message, ScriptedOutlet, decoded
from ticker.hub.message_log import MessageLog, Reader
from ticker.wire.codec import codec_for
from ticker.wire.messages import Said


def said(text: str, seq: int) -> Said:
    return Said(room="desk", sender="Ann", text=text, seq=seq, ts=1)


def say(topic: MessageLog[Said], *texts: str) -> None:
    for text in texts:
        topic.add(partial(said, text))


class Listener:
    def __init__(self, topic: MessageLog[Said], seq: int = 0, encoding: str = "json") -> None:
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.reader = Reader(self.outlet, codec_for(encoding), seq)
        topic.readers[self.reader] = None

    def heard(self) -> list[Message]:
        sent, self.outlet.sent = self.outlet.sent, []
        return [decoded(payload, self.encoding) for payload in sent]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.heard()]


def test_everybody_gets_all_in_order_and_the_same_bytes() -> None:
    """Encoded once for all who speak the same."""
    topic: MessageLog[Said] = MessageLog(10)
    one, two, other = Listener(topic), Listener(topic), Listener(topic, encoding="msgpack")
    say(topic, "a", "b")
    topic.deliver()
    assert [first is second for first, second in zip(one.outlet.sent, two.outlet.sent, strict=True)] == [True, True]
    heard = one.heard()
    assert heard == other.heard()
    assert [(message["text"], message["seq"], "lost" in message) for message in heard] == [
        ("a", 1, False),
        ("b", 2, False),
    ]
    assert not topic.behind


def test_who_is_not_ready_gets_it_later() -> None:
    topic: MessageLog[Said] = MessageLog(10)
    mute, other = Listener(topic), Listener(topic)
    mute.outlet.is_ready = False
    say(topic, "a", "b")
    topic.deliver()
    assert (mute.texts(), other.texts()) == ([], ["a", "b"])
    assert topic.behind
    mute.outlet.is_ready = True
    assert topic.deliver_to(mute.reader) == 2
    assert topic.deliver_to(other.reader) == 0
    assert (mute.texts(), other.texts()) == (["a", "b"], [])
    assert not topic.behind


def test_who_falls_out_is_told_how_much_was_lost() -> None:
    """In the first that it gets, which is a copy of its own; the next ones are everybody's again."""
    topic: MessageLog[Said] = MessageLog(3)
    mute, other = Listener(topic), Listener(topic)
    mute.outlet.is_ready = False
    for text in "abcdefgh":
        say(topic, text)
        topic.deliver()
    mute.outlet.is_ready = True
    topic.deliver()
    assert [(message["seq"], message.get("lost", 0)) for message in mute.heard()] == [(6, 5), (7, 0), (8, 0)]
    assert [message.get("lost", 0) for message in other.heard()] == [0] * 8


def test_an_outlet_that_fills_up_on_the_way_stops_there() -> None:
    """What it is owed is sent as far as it is ready, and no further."""

    class Narrow(ScriptedOutlet):
        def ready(self) -> bool:
            return self.frames < 2

    topic: MessageLog[Said] = MessageLog(10)
    reader = Reader(Narrow(), codec_for("json"), 0)
    topic.readers[reader] = None
    say(topic, "a", "b", "c")
    topic.deliver()
    assert reader.seq == 2


def test_where_one_begins_is_its_own_matter() -> None:
    topic: MessageLog[Said] = MessageLog(10, head=40)
    say(topic, "a", "b", "c")
    all_, last, none = Listener(topic, topic.tail), Listener(topic, 42), Listener(topic, topic.head)
    topic.deliver()
    assert (all_.texts(), last.texts(), none.texts()) == (["a", "b", "c"], ["c"], [])
    assert (topic.tail, topic.head) == (40, 43)
    assert [each.text for each in topic.newest(2)] == ["b", "c"]


def test_what_is_dropped_is_lost_to_those_who_lack_it() -> None:
    topic: MessageLog[Said] = MessageLog(10)
    listener = Listener(topic)
    say(topic, "a", "b", "c")
    assert topic.drop().text == "a"
    topic.deliver()
    assert [(message["seq"], message.get("lost", 0)) for message in listener.heard()] == [(2, 1), (3, 0)]


def test_nothing_is_kept_for_a_reader() -> None:
    """It is a number, however much was said."""
    topic: MessageLog[Said] = MessageLog(3)
    mute = Listener(topic)
    mute.outlet.is_ready = False
    say(topic, *map(str, range(1_000)))
    topic.deliver()
    assert mute.reader.seq == 0
    assert not mute.outlet.written
    assert len(topic.newest(1_000)) == 3
    assert all(isinstance(each, msgspec.Struct) for each in topic.newest(3))

"""The message log: numbers, what is stored, and readers that are not ready."""

from __future__ import annotations

from tests.support.model_client import Message, ScriptedOutlet, decoded
from ticker.hub.message_log import LogReader, MessageLog
from ticker.wire.codec import codec_for
from ticker.wire.messages import Said


def say(log: MessageLog[Said], *texts: str) -> None:
    for text in texts:
        log.add(Said(room="desk", sender="Ann", text=text, seq=log.head + 1, ts=1))


class Listener:
    def __init__(self, log: MessageLog[Said], seq: int = 0, encoding: str = "json") -> None:
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.reader = LogReader(self.outlet, codec_for(encoding), seq)
        log.readers[self.reader] = None

    def heard(self) -> list[Message]:
        sent, self.outlet.sent = self.outlet.sent, []
        return [decoded(payload, self.encoding) for payload in sent]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.heard()]


def test_all_readers_get_all_messages_in_order_and_the_same_bytes() -> None:
    """A message is encoded once per encoding."""
    log: MessageLog[Said] = MessageLog(10)
    one, two, other = Listener(log), Listener(log), Listener(log, encoding="msgpack")
    say(log, "a", "b")
    log.deliver()
    assert [first is second for first, second in zip(one.outlet.sent, two.outlet.sent, strict=True)] == [True, True]
    heard = one.heard()
    assert heard == other.heard()
    assert [(message["text"], message["seq"], "lost" in message) for message in heard] == [
        ("a", 1, False),
        ("b", 2, False),
    ]
    assert not log.behind


def test_a_reader_that_is_not_ready_gets_its_messages_later() -> None:
    log: MessageLog[Said] = MessageLog(10)
    mute, other = Listener(log), Listener(log)
    mute.outlet.is_ready = False
    say(log, "a", "b")
    log.deliver()
    assert (mute.texts(), other.texts()) == ([], ["a", "b"])
    assert log.behind
    mute.outlet.is_ready = True
    assert log.deliver_to(mute.reader) == 2
    assert log.deliver_to(other.reader) == 0
    assert (mute.texts(), other.texts()) == (["a", "b"], [])
    assert not log.behind


def test_a_reader_that_falls_out_of_the_log_is_told_how_many_messages_it_lost() -> None:
    """The first message that it gets says so; the next ones are those of all readers again."""
    log: MessageLog[Said] = MessageLog(3)
    mute, other = Listener(log), Listener(log)
    mute.outlet.is_ready = False
    for text in "abcdefgh":
        say(log, text)
        log.deliver()
    mute.outlet.is_ready = True
    log.deliver()
    assert [(message["seq"], message.get("lost", 0)) for message in mute.heard()] == [(6, 5), (7, 0), (8, 0)]
    assert [message.get("lost", 0) for message in other.heard()] == [0] * 8


def test_delivery_stops_when_the_outlet_is_full() -> None:
    class Narrow(ScriptedOutlet):
        def ready(self) -> bool:
            return self.frames < 2

    log: MessageLog[Said] = MessageLog(10)
    reader = LogReader(Narrow(), codec_for("json"), 0)
    log.readers[reader] = None
    say(log, "a", "b", "c")
    log.deliver()
    assert reader.seq == 2


def test_a_reader_may_start_anywhere_in_the_log() -> None:
    log: MessageLog[Said] = MessageLog(10, head=40)
    say(log, "a", "b", "c")
    all_, last, none = Listener(log, log.tail), Listener(log, 42), Listener(log, log.head)
    log.deliver()
    assert (all_.texts(), last.texts(), none.texts()) == (["a", "b", "c"], ["c"], [])
    assert (log.tail, log.head) == (40, 43)


def test_a_dropped_message_is_lost_to_readers_that_lack_it() -> None:
    log: MessageLog[Said] = MessageLog(10)
    listener = Listener(log)
    say(log, "a", "b", "c")
    assert log.drop().text == "a"
    log.deliver()
    assert [(message["seq"], message.get("lost", 0)) for message in listener.heard()] == [(2, 1), (3, 0)]


def test_a_slow_reader_takes_no_memory() -> None:
    """The log keeps its size, and the reader its number."""
    log: MessageLog[Said] = MessageLog(3)
    mute = Listener(log)
    mute.outlet.is_ready = False
    say(log, *map(str, range(1_000)))
    log.deliver()
    assert mute.reader.seq == 0
    assert not mute.outlet.written
    assert log.head - log.tail == 3

"""Notices: which clients get them and when, and how many wait for a slow consumer."""

from __future__ import annotations

import pytest

from tests.support.model_client import Message, ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.hub.notices import MAX_OWED
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


class Client:
    """A client that has read its welcome."""

    def __init__(self, hub: Hub, name: str = "", encoding: str = "json") -> None:
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session = hub.attach(self.outlet, encoding, name=name)
        self.outlet.sent.clear()

    def notices(self) -> list[Message]:
        """The notices since the last call."""
        sent, self.outlet.sent = self.outlet.sent, []
        return [decoded(payload, self.encoding) for payload in sent]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.notices()]


def test_all_clients_get_a_notice_once_in_each_encoding() -> None:
    hub = Hub()
    clients = [Client(hub, encoding=encoding) for encoding in ("json", "msgpack", "json")]
    assert hub.notify("Maintenance at 17:00", "operator", TS) == 3
    for client in clients:
        told = {"type": "notice", "text": "Maintenance at 17:00", "from": "operator", "ts": TS}
        assert client.notices() == [told]
    assert clients[0].outlet.written[1] is clients[2].outlet.written[1], "encoded once"
    assert not hub.waiting


def test_a_notice_to_a_name_reaches_only_its_clients() -> None:
    """All connections of the key get it; a name without connections has none."""
    hub = Hub()
    desk, again, other, unnamed = Client(hub, "desk"), Client(hub, "desk"), Client(hub, "other"), Client(hub)
    assert hub.notify("hello", "operator", TS, to="desk") == 2
    assert [client.texts() for client in (desk, again, other, unnamed)] == [["hello"], ["hello"], [], []]
    assert hub.notify("hello", "operator", TS, to="gone") == 0


def test_a_client_that_connects_later_does_not_get_it() -> None:
    hub = Hub()
    hub.notify("hello", "operator", TS)
    assert Client(hub).texts() == []


def test_a_slow_consumer_gets_its_notices_in_order_when_it_reads() -> None:
    hub = Hub()
    mute, other = Client(hub), Client(hub)
    mute.outlet.is_ready = False
    assert hub.notify("one", "operator", TS) == 2
    assert (mute.texts(), other.texts()) == ([], ["one"])
    assert hub.waiting
    hub.poll(TS)
    assert mute.texts() == []
    mute.outlet.is_ready = True
    # It is ready now, but the older notice comes first.
    hub.notify("two", "operator", TS)
    hub.poll(TS)
    assert (mute.texts(), other.texts()) == (["one", "two"], ["two"])
    assert not hub.waiting


def test_at_most_twenty_notices_wait_for_a_client() -> None:
    """Of more, the newest are sent."""
    hub = Hub()
    mute = Client(hub)
    mute.outlet.is_ready = False
    for number in range(MAX_OWED + 5):
        hub.notify(f"{number}", "operator", TS)
    mute.outlet.is_ready = True
    hub.poll(TS)
    assert mute.texts() == [f"{number}" for number in range(5, MAX_OWED + 5)]


def test_nothing_waits_for_a_client_that_has_disconnected() -> None:
    hub = Hub()
    mute = Client(hub)
    mute.outlet.is_ready = False
    hub.notify("one", "operator", TS)
    hub.detach(mute.session)
    assert not hub.waiting
    mute.outlet.is_ready = True
    hub.poll(TS)
    assert mute.texts() == []


def test_a_client_that_polls_gets_no_notice() -> None:
    """A poll returns prices only."""
    hub = Hub()
    poller = Client(hub)
    poller.session.hears = False
    assert hub.notify("one", "operator", TS) == 0
    assert poller.texts() == []


@pytest.mark.parametrize("text", ["", " \n", "\x1b", "x" * 11, "\ud800"])
def test_an_unprintable_or_long_text_is_refused(text: str) -> None:
    hub = Hub(limits=Limits(text_chars=10))
    client = Client(hub)
    with pytest.raises(ValueError, match=r"no visible|10|surrogate"):
        hub.notify(text, "operator", TS)
    assert client.texts() == []


def test_control_characters_are_removed() -> None:
    hub = Hub()
    client = Client(hub)
    hub.notify("one\r\n\ttwo\x1b[2J", "operator", TS)
    assert client.texts() == ["one\n\ttwo[2J"]

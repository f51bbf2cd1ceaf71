"""Reconnecting does not refill the budget of chat messages."""

from __future__ import annotations

from tests.unit.rooms.test_op_handler import SECOND, TS, RoomServer
from ticker.rooms.say_budgets import MAX_BUDGETS, MAX_SOURCES, SayBudgets
from ticker.wire.limits import Limits

EVIL, GOOD = "198.51.100.7", "192.0.2.1"


def said(server: RoomServer, source: str, times: int) -> int:
    """The number of messages of a new connection that are accepted."""
    client = server.client(source=source)
    client.join("desk", "Eve")
    for _ in range(times):
        client.say("buy!")
    refused = len(client.heard("error"))
    server.hub.detach(client.session)
    return times - refused


def test_a_client_that_reconnects_says_no_more() -> None:
    """Also on localhost. Others are not affected."""
    server = RoomServer(limits=Limits(says_per_minute=30))
    for source in (EVIL, ""):
        assert [said(server, source, 20) for _ in range(5)] == [10, 0, 0, 0, 0]
    assert said(server, GOOD, 5) == 5
    server.ts += 10 * SECOND
    assert [said(server, EVIL, 20) for _ in range(3)] == [5, 0, 0]
    server.ts += 60 * SECOND
    assert said(server, EVIL, 20) == 10


def test_clients_of_one_address_each_have_a_budget() -> None:
    """Only one that follows a client that has left takes its budget over."""
    server = RoomServer(limits=Limits(says_per_minute=30))
    clients = [server.client(source=GOOD) for _ in range(3)]
    for client in clients:
        client.join("desk", "Ann")
        for _ in range(10):
            client.say("hello")
    assert [client.heard("error") for client in clients] == [[], [], []]
    server.hub.detach(clients[0].session)
    assert said(server, GOOD, 1) == 0


def test_what_is_remembered_is_bounded_and_forgotten() -> None:
    """The most recent of each source, and of all; and none that is full again."""
    budgets = SayBudgets()
    for source in ("a", "b"):
        taken = [budgets.take(source, 30, TS) for _ in range(MAX_BUDGETS + 5)]
        for bucket in taken:
            assert bucket.take(TS)
            budgets.give_back(source, bucket)
    assert len(budgets) == 2 * MAX_BUDGETS
    budgets.take("c", 30, TS + 60 * SECOND)
    assert len(budgets) == 0
    for number in range(MAX_SOURCES + 5):
        budgets.give_back(str(number), budgets.take("c", 30, TS))
    assert len(budgets) <= MAX_SOURCES

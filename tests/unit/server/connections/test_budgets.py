"""Budgets of messages and connects, with a clock that the tests set."""

from __future__ import annotations

import pytest

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import ANYONE, Identity
from ticker.server.connections.budgets import MAX_LEFT_BEHIND, MAX_REMEMBERED, Budget, Budgets
from ticker.server.core.responses import HttpError
from ticker.wire.limits import Limits

LIMITS = Limits(
    messages_per_second=10,
    messages_at_once=100,
    total_per_second=50,
    connects_per_minute=60,
    connections_per_address=3,
    connections_per_key=4,
)
HOME, OTHER, LOOPBACK = "203.0.113.7", "203.0.113.8", "127.0.0.1"
KEY = Identity(name="desk", may=Entitlements(), key_id="1")


def flood(budget: Budget, now_s: float) -> int:
    """Send until the server would close the connection. Returns how many messages were answered."""
    answered = 0
    while True:
        if budget.take(now_s, 1):
            answered += 1
        elif not budget.overdraw():
            return answered


def refusal(budgets: Budgets, now_s: float, address: str = HOME, identity: Identity = ANYONE) -> tuple[int, str, int]:
    """The status, the code and the wait of a refused connection."""
    with pytest.raises(HttpError) as caught:
        budgets.connect(now_s, address, identity)
    return caught.value.status, caught.value.code, int(caught.value.headers["Retry-After"])


@pytest.mark.parametrize(("address", "identity"), [(HOME, ANYONE), (LOOPBACK, ANYONE), (HOME, KEY)])
def test_a_budget_outlives_its_connection_and_decays(address: str, identity: Identity) -> None:
    budgets = Budgets(LIMITS)
    budget = budgets.connect(0.0, address, identity)
    assert flood(budget, 0.0) == 100
    budgets.disconnect(0.0, budget)
    # 100 tokens of debt, and a tenth of a full budget, at ten per second.
    assert refusal(budgets, 0.0, address, identity) == (429, "over-budget", 11)
    budget = budgets.connect(11.0, address, identity)
    assert flood(budget, 11.0) == 10
    budgets.disconnect(11.0, budget)
    assert flood(budgets.connect(31.0, address, identity), 31.0) == 100


def test_reconnecting_after_each_message_gains_nothing() -> None:
    budgets, answered, now_s = Budgets(LIMITS), 0, 0.0
    for step in range(1_000):
        now_s = step / 100
        try:
            budget = budgets.connect(now_s, LOOPBACK)
        except HttpError:
            continue
        answered += budget.take(now_s, 1)
        budgets.disconnect(now_s, budget)
    assert answered <= 100 + 10 * now_s + 1


def test_connections_of_another_address_or_key_are_not_affected() -> None:
    budgets = Budgets(LIMITS)
    for address, identity in (
        (HOME, ANYONE),
        (OTHER, ANYONE),
        (HOME, KEY),
        ("127.0.0.1", ANYONE),
        ("127.0.0.2", ANYONE),
    ):
        budget = budgets.connect(0.0, address, identity)
        assert flood(budget, 0.0) == 100
        budgets.disconnect(0.0, budget)
    with pytest.raises(HttpError):
        budgets.connect(0.0, "198.51.100.1", KEY)


def test_addresses_of_an_ipv6_64_have_one_budget() -> None:
    budgets = Budgets(LIMITS)
    budget = budgets.connect(0.0, "2001:db8::1")
    flood(budget, 0.0)
    budgets.disconnect(0.0, budget)
    assert refusal(budgets, 0.0, "2001:db8::ffff:1:2:3")[0] == 429
    assert flood(budgets.connect(0.0, "2001:db8:0:1::1"), 0.0) == 100


def test_open_connections_of_an_address_keep_their_own_budgets() -> None:
    """One that floods does not disturb its neighbours; as many budgets are remembered as were used at once."""
    budgets = Budgets(LIMITS)
    quiet, first, second = (budgets.connect(0.0, LOOPBACK) for _ in range(3))
    assert (flood(first, 0.0), flood(second, 0.0)) == (100, 100)
    for each in (first, second):
        budgets.disconnect(0.0, each)
    assert quiet.take(0.0, 1)
    refusal(budgets, 0.0, LOOPBACK)
    # Both are available again, and then a third is new.
    assert [flood(budgets.connect(11.0, LOOPBACK), 11.0) for _ in range(3)] == [10, 10, 100]


def test_what_all_connections_share_is_limited() -> None:
    """Those that have spent at most half of their own go on."""
    budgets = Budgets(LIMITS)
    quiet = budgets.connect(0.0, LOOPBACK)
    answered = [flood(each, 0.0) for each in [budgets.connect(0.0, LOOPBACK) for _ in range(10)]]
    # 500 at once; then each gets its half.
    assert answered == [100] * 5 + [51] * 5
    assert quiet.take(0.0, 1)
    late = budgets.connect(0.0, LOOPBACK)
    assert late.take(0.0, 1)
    assert not late.take(0.0, 1)
    assert late.take(1.0, 1)


def test_answers_are_paid_with_a_debt_of_at_most_half_the_budget() -> None:
    budgets = Budgets(LIMITS)
    budget = budgets.connect(0.0, LOOPBACK)
    budget.spend(0.0, 1_000_000)
    assert not budget.take(0.0, 1)
    assert budget.overdraw()
    assert not budget.take(5.0, 1)
    assert budget.take(5.2, 1)


def test_connects_are_limited_except_on_loopback() -> None:
    """At once as many as an address or a key may have connections."""
    budgets = Budgets(LIMITS)
    for address, identity, most in ((HOME, ANYONE, 3), (HOME, KEY, 4)):
        for _ in range(most):
            budgets.disconnect(0.0, budgets.connect(0.0, address, identity))
        assert refusal(budgets, 0.0, address, identity) == (429, "over-budget", 1)
        budgets.connect(1.0, address, identity)
        refusal(budgets, 1.0, address, identity)
    for local in (LOOPBACK, "127.0.0.2", "::1", "::ffff:127.0.0.3", None):
        for _ in range(100):
            budgets.connect(0.0, local)
            budgets.connect(0.0, local, KEY)


def test_http_requests_pay_with_what_connections_share() -> None:
    budgets = Budgets(LIMITS)
    for _ in range(50):
        budgets.request(0.0, LOOPBACK, ANYONE, 10)
    with pytest.raises(HttpError, match="budget") as caught:
        budgets.request(0.0, LOOPBACK, ANYONE, 1)
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
    budgets.request(0.0, LOOPBACK, KEY, 1)
    shared = budgets.request(0.1, LOOPBACK, ANYONE, 1)
    shared.messages.spend(0.1, 10_000)  # a large answer
    with pytest.raises(HttpError):
        budgets.request(5.0, LOOPBACK, ANYONE, 1)
    budgets.request(5.2, LOOPBACK, ANYONE, 1)


def test_memory_is_bounded_whatever_number_of_addresses_come() -> None:
    budgets = Budgets(LIMITS)
    kept = budgets.connect(0.0, HOME)
    for number in range(MAX_REMEMBERED + 500):
        address = f"2001:db8:{number // 60_000:x}:{number % 60_000:x}::1"
        budget = budgets.connect(0.0, address)
        budget.take(0.0, 5)
        budgets.disconnect(0.0, budget)
    assert len(budgets) == MAX_REMEMBERED + 1
    # Those with connections are never forgotten, the latest of the others are not.
    assert kept.take(0.0, 1)
    budgets.disconnect(0.0, budgets.connect(0.0, HOME))
    shared = budgets.request(0.0, address, ANYONE, 1)
    assert len(shared.left_behind) == 1


def test_an_address_keeps_a_bounded_number_of_budgets() -> None:
    """The most depleted ones."""
    budgets = Budgets(LIMITS)
    connected = [budgets.connect(0.0, LOOPBACK) for _ in range(MAX_LEFT_BEHIND + 10)]
    for number, budget in enumerate(connected):
        budget.take(0.0, 1 + number)
        budgets.disconnect(0.0, budget)
    left = sorted(bucket.left(0.0) for bucket in connected[0].shared.left_behind)
    assert left == [99.0 - number for number in range(MAX_LEFT_BEHIND + 9, 9, -1)]


def test_a_budget_that_is_full_again_is_forgotten() -> None:
    budgets = Budgets(LIMITS)
    for address in (HOME, OTHER):
        budget = budgets.connect(0.0, address)
        budget.take(0.0, 50)
        budgets.disconnect(0.0, budget)
    budgets.forget_refilled(1.0)
    assert len(budgets) == 2
    budgets.request(4.0, OTHER, ANYONE, 100)
    budgets.forget_refilled(5.0)
    assert len(budgets) == 1
    budgets.forget_refilled(7.0)
    assert len(budgets) == 0


def test_a_thousand_clients_behind_one_address_can_reconnect_at_once() -> None:
    """With the default limits, each subscribing to 100 symbols: 17 KB of values."""
    budgets = Budgets(Limits())
    for now_s in (0.0, 60.0):
        herd = [budgets.connect(now_s, HOME) for _ in range(600 if now_s else 1_000)]
        for budget in herd:
            assert budget.take(now_s, 1)
            budget.spend(now_s, 4)
        for budget in herd:
            budgets.disconnect(now_s, budget)


def test_a_script_with_ten_thousand_symbols_can_reconnect() -> None:
    """With the default limits: two messages of 64 KiB, answered with the lists and 1.7 MB of values."""
    budgets = Budgets(Limits())
    for now_s in (0.0, 0.1, 5.0):
        budget = budgets.connect(now_s, LOOPBACK)
        for _ in range(2):
            assert budget.take(now_s, 17)
            budget.spend(now_s, 210)
        budgets.disconnect(now_s, budget)

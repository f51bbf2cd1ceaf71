"""Subscriptions: each method that changes a watchlist reports whether it did."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.model_client import ScriptedOutlet
from ticker.fanout.subscription import TICKER, Subscription
from ticker.fanout.watchlist import Watchlists
from ticker.wire.codec import codec_for


@pytest.fixture
def subscription() -> Subscription:
    return Subscription(ScriptedOutlet(), codec_for("json"), Watchlists(), TICKER, 10.0)


Change = Callable[[Subscription], bool]


@pytest.mark.parametrize(
    ("before", "change", "is_changed"),
    [
        ([], lambda s: s.watch({"A": 0}), True),
        ([], lambda s: s.watch({"LATER": None}), True),
        ([], lambda s: s.watch_everything(), True),
        ([], lambda s: s.watch_everything(set()), True),
        ([], lambda s: s.unwatch(["A"]), False),
        ([], lambda s: s.unwatch_everything(), False),
        ([lambda s: s.watch({"A": 0})], lambda s: s.watch({"A": 0}), False),
        ([lambda s: s.watch({"A": 0})], lambda s: s.watch({"B": 1}), True),
        ([lambda s: s.watch({"A": 0})], lambda s: s.watch({"LATER": None}), True),
        ([lambda s: s.watch({"A": 0})], lambda s: s.unwatch(["B"]), False),
        ([lambda s: s.watch({"A": 0})], lambda s: s.unwatch(["A"]), True),
        ([lambda s: s.watch({"A": 0})], lambda s: s.unwatch_everything(), True),
        ([lambda s: s.watch({"LATER": None})], lambda s: s.watch({"LATER": 3}), True),
        ([lambda s: s.watch({"LATER": None})], lambda s: s.unwatch(["LATER"]), True),
        ([lambda s: s.watch_everything()], lambda s: s.watch_everything(), False),
        ([lambda s: s.watch_everything()], lambda s: s.watch({"A": 0}), True),
        ([lambda s: s.watch_everything({1})], lambda s: s.watch_everything({1}), False),
        ([lambda s: s.watch_everything({1})], lambda s: s.watch({}, {2}), True),
    ],
)
def test_a_change_is_reported(
    subscription: Subscription, before: list[Change], change: Change, is_changed: bool
) -> None:
    for step in before:
        assert step(subscription)
    assert change(subscription) is is_changed


def test_the_watchlist_is_the_rows_of_the_names_that_exist(subscription: Subscription) -> None:
    subscription.watch({"A": 0, "LATER": None})
    assert (set(subscription.watchlist.members), subscription.awaits) == ({0}, True)
    subscription.watch({"LATER": 3})
    assert (set(subscription.watchlist.members), subscription.awaits) == ({0, 3}, False)


def test_a_limited_client_that_watches_everything_has_the_rows_it_is_entitled_to(subscription: Subscription) -> None:
    subscription.watch_everything({1, 4})
    assert (set(subscription.watchlist.members), subscription.awaits) == ({1, 4}, True)
    subscription.watch({}, entitled={6})
    assert set(subscription.watchlist.members) == {1, 4, 6}
    assert subscription.symbols() == ["*"]

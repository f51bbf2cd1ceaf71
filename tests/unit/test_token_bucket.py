"""The token bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.token_bucket import TokenBucket


def test_a_full_bucket_allows_a_burst() -> None:
    bucket = TokenBucket(10, 1.0, 3)
    assert [bucket.take(100.0) for _ in range(5)] == [True] * 3 + [False] * 2


def test_the_debt_reaches_its_limit_at_the_capacity() -> None:
    bucket = TokenBucket(10, 1.0, 3)
    for _ in range(3):
        bucket.take(0.0)
    assert [bucket.overdraw() for _ in range(4)] == [True, True, False, False]


def test_tokens_come_back_and_pay_the_debt_first() -> None:
    bucket = TokenBucket(10, 1.0, 3)
    for _ in range(3):
        bucket.take(0.0)
    bucket.overdraw()
    assert not bucket.take(0.15)
    bucket.overdraw()
    assert bucket.take(0.45)
    assert [bucket.take(1000.0) for _ in range(4)] == [True] * 3 + [False]


def test_a_clock_that_is_set_back_adds_no_tokens() -> None:
    bucket = TokenBucket(1, 1.0, 1)
    assert bucket.take(100.0)
    assert not bucket.take(50.0)
    assert bucket.take(51.0)


def test_a_refused_request_is_free_unless_it_is_charged() -> None:
    bucket = TokenBucket(1, 60e9, 1)
    assert bucket.take(0)
    assert not any(bucket.take(step * 10**9) for step in range(1, 60))
    assert bucket.take(60 * 10**9)


@given(st.integers(1, 50), st.integers(1, 50), st.lists(st.floats(0, 10), max_size=200))
def test_no_more_than_the_rate_and_the_burst_is_allowed(per_s: int, burst: int, pauses: list[float]) -> None:
    bucket = TokenBucket(per_s, 1.0, burst)
    now_s, taken = 0.0, 0
    for pause in pauses:
        now_s += pause
        taken += bucket.take(now_s)
        assert taken <= burst + per_s * now_s + 1e-6


def test_a_cost_above_the_capacity_is_capped() -> None:
    """A client with a small limit can still send its largest message."""
    bucket = TokenBucket(10, 1.0, 20)
    assert bucket.take(0.0, 17)
    assert [bucket.take(0.0) for _ in range(4)] == [True] * 3 + [False]
    small = TokenBucket(10, 1.0, 2)
    assert [small.take(0.0, 17) for _ in range(2)] == [True, False]

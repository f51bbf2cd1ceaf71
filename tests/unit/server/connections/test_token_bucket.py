"""How often a client may say something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.server.connections.token_bucket import Allowance, Verdict


def test_so_many_at_once_then_told_then_enough() -> None:
    allowance = Allowance(10, 3, now_s=100.0)
    verdicts = [allowance.take(100.0) for _ in range(7)]
    assert verdicts == [Verdict.FINE] * 3 + [Verdict.TOLD] * 2 + [Verdict.ENOUGH] * 2


def test_quiet_brings_it_back() -> None:
    allowance = Allowance(10, 3, now_s=0.0)
    for _ in range(4):
        allowance.take(0.0)
    # One is owed, and one is to be had.
    assert allowance.take(0.15) is Verdict.TOLD
    assert allowance.take(0.45) is Verdict.FINE
    assert [allowance.take(1000.0) for _ in range(4)] == [Verdict.FINE] * 3 + [Verdict.TOLD]


@given(st.integers(1, 50), st.integers(1, 50), st.lists(st.floats(0, 10), max_size=200))
def test_never_more_than_the_rate_and_the_burst(per_s: int, burst: int, pauses: list[float]) -> None:
    allowance = Allowance(per_s, burst, now_s=0.0)
    now_s, fine = 0.0, 0
    for pause in pauses:
        now_s += pause
        fine += allowance.take(now_s) is Verdict.FINE
        assert fine <= burst + per_s * now_s + 1e-6


def test_a_large_message_costs_as_much_as_some_small_ones() -> None:
    """But one that is all that a client may say can still be said."""
    allowance = Allowance(10, 20, now_s=0.0)
    assert allowance.take(0.0, 4_095) is Verdict.FINE
    assert allowance.take(0.0, 65_536) is Verdict.FINE
    assert [allowance.take(0.0) for _ in range(3)] == [Verdict.FINE, Verdict.FINE, Verdict.TOLD]
    small = Allowance(10, 2, now_s=0.0)
    assert [small.take(0.0, 65_536) for _ in range(2)] == [Verdict.FINE, Verdict.TOLD]

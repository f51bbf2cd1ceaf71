"""Delays between attempts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker import Backoff
from ticker.backoff import retry_after_s


@given(
    st.floats(0, 100),
    st.floats(0, 1000),
    st.floats(1, 10),
    st.integers(0, 100_000),
    st.floats(0, 1, exclude_max=True),
)
def test_a_delay_is_between_0_and_the_bound(
    initial_s: float, more_s: float, factor: float, attempt: int, drawn: float
) -> None:
    """0 <= delay <= min(maximum, initial * factor**attempt), for any policy and attempt."""
    backoff = Backoff(initial_s=initial_s, maximum_s=initial_s + more_s, factor=factor, random=lambda: drawn)
    delay_s = backoff.delay_s(attempt)
    assert 0 <= delay_s <= initial_s + more_s
    if attempt < 100:
        assert delay_s <= initial_s * factor**attempt * (1 + 1e-12)


def test_full_jitter_is_uniform_up_to_the_exponential_bound() -> None:
    """The formula of the AWS Architecture Blog."""
    backoff = Backoff(initial_s=0.25, maximum_s=30, random=lambda: 0.5)
    assert [backoff.delay_s(attempt) for attempt in range(9)] == [0.125, 0.25, 0.5, 1, 2, 4, 8, 15, 15]


def test_without_jitter_the_delay_is_the_bound() -> None:
    """No random number is drawn."""
    backoff = Backoff(initial_s=1, maximum_s=5, jitter="none", random=lambda: math.nan)
    assert [backoff.delay_s(attempt) for attempt in range(5)] == [1, 2, 4, 5, 5]


def test_two_clients_get_different_delays() -> None:
    """By default."""
    assert len({Backoff().delay_s(10) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"initial_s": -1},
        {"initial_s": 2, "maximum_s": 1},
        {"maximum_s": math.inf},
        {"initial_s": math.nan},
        {"factor": 0.5},
        {"attempts": -1},
        {"jitter": "half"},
    ],
)
def test_an_invalid_policy_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|jitter"):
        Backoff(**wrong)


def test_retry_after_has_two_forms() -> None:
    """Seconds or a date (RFC 9110, section 10.2.3). Anything else counts as 0; the maximum is one hour."""
    now_s = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT
    assert retry_after_s("120", now_s) == 120
    assert retry_after_s("Sun, 06 Nov 1994 08:50:37 GMT", now_s) == 60
    assert retry_after_s("Sun, 06 Nov 1994 08:00:00 GMT", now_s) == 0
    assert retry_after_s("", now_s) == 0
    assert retry_after_s("soon", now_s) == 0
    assert retry_after_s("9" * 400, now_s) == 3600

"""Token buckets whose clock stands still: a test on a slow machine gets no more tokens than on a fast one."""

from __future__ import annotations

import pytest

from ticker.token_bucket import TokenBucket


def stop_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bucket regains tokens until the end of the test."""
    left, take = TokenBucket.left, TokenBucket.take
    monkeypatch.setattr(TokenBucket, "left", lambda bucket, _now: left(bucket, 0.0))
    monkeypatch.setattr(TokenBucket, "take", lambda bucket, _now, cost=1.0: take(bucket, 0.0, cost))

"""Token buckets whose clock stands still: a test on a slow machine gets no more tokens than on a fast one."""

from __future__ import annotations

import pytest

from ticker.token_bucket import TokenBucket


def stop_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bucket regains tokens until the end of the test."""
    left = TokenBucket.left
    monkeypatch.setattr(TokenBucket, "left", lambda bucket, now: left(bucket, 0.0))

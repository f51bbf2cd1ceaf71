"""The rate limit of log lines."""

from __future__ import annotations

from ticker.server.core.line_limit import LineLimit


def test_lines_above_the_rate_are_left_out_and_counted() -> None:
    now_s = 0.0
    lines = LineLimit(0.5, 3, lambda: now_s)
    assert [lines.allows() for _ in range(5)] == [True, True, True, False, False]
    assert lines.left_out() == 2
    assert lines.left_out() == 0
    now_s = 2.0
    assert [lines.allows() for _ in range(2)] == [True, False]
    assert lines.left_out() == 1

"""Counts late trades and corrections."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Since the start: late trades that revised bars, too late ones, and corrections of trades."""

    late: int = 0
    too_late: int = 0
    cancelled: int = 0
    corrected: int = 0
    #: Corrections of trades that are unknown, or not correctable any more.
    uncorrectable: int = 0

"""Marks between the events of a history."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.model import Watermark


@dataclass(frozen=True, slots=True)
class Reached(Watermark):
    """All events up to and including ``ts`` (ns) come before this mark, and all later ones after it.

    A replay that changes how finely it reads does so at a mark. Marks are not published.
    """

"""What ends a soak."""

from __future__ import annotations


class WrongError(Exception):
    """``who`` is not as it must be; ``difference`` says how."""

    def __init__(self, who: str, difference: str) -> None:
        super().__init__(f"{who}: {difference}")
        self.who = who
        self.difference = difference

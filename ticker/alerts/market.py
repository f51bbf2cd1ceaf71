"""The part of the hub that alerts need."""

from __future__ import annotations

from typing import Protocol

from ticker.hub.session import Catalogue
from ticker.market.board import Board


class AlertMarket(Catalogue, Protocol):
    """A protocol because the hub is constructed with the handler."""

    @property
    def board(self) -> Board: ...

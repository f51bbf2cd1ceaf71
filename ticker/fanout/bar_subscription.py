"""What one client has of the bars of one interval. How it gets more is the lane's matter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.fanout.subscription import Outlet, TapeSubscription
from ticker.fanout.watchlist import Watchlists
from ticker.wire.codec import Codec


class BarSubscription(TapeSubscription):
    """The bars of one interval for one client. ``cursor`` and ``lost`` are about closed ones."""

    __slots__ = ("interval", "mark", "partway", "pending", "rate_hz", "target")

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists, interval: str, rate_hz: float) -> None:
        super().__init__(outlet, codec, watchlists, "bars")
        self.interval = interval
        #: The rate of the lane that it is filed in.
        self.rate_hz = rate_hz
        #: The client has bars under way as of this mark of the store's.
        self.mark = 0
        #: Rows still to be told in a pass over what is under way, and the mark that it leads to.
        self.pending: npt.NDArray[np.intp] | None = None
        self.target = 0
        #: Whether a part has gone and others are still to follow.
        self.partway = False

"""The state of the market: the latest values and their versions, numbered ticks, and bars."""

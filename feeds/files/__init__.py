"""Reads market-data files of any layout into ticks and bars in time order."""

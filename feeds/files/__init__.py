"""Market-data files of any layout, read into ticks and bars in the order of time."""

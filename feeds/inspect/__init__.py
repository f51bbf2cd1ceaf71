"""``ticker inspect``: what was understood of market-data files. It comes into the command line by entry point."""

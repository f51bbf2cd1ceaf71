"""The command ``ticker inspect``: shows what a replay understands of market-data files. An entry point adds it."""

"""The command ``ticker inspect``: shows how market-data files are read. An entry point adds it."""

"""The layouts of market-data files, and recognising which one a file has."""

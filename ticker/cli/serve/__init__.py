"""The command `ticker serve`."""

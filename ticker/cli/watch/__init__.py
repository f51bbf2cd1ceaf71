"""The command `ticker watch`."""

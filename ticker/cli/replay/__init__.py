"""The command `ticker replay`."""

"""The command `ticker notify`."""

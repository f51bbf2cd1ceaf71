"""The command `ticker alerts`."""

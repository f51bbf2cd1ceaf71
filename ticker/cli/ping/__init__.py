"""The command `ticker ping`."""

"""The command `ticker feeds`."""

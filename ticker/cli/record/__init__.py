"""The command `ticker record`."""

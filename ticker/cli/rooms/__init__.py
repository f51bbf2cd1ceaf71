"""The command `ticker rooms`."""

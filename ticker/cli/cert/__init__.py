"""The command `ticker cert`."""

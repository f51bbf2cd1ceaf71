"""The command `ticker keys`."""

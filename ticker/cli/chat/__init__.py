"""The command `ticker chat`."""

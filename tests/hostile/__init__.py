"""Hostile messages and requests, each with a name that says what is wrong, and the expected answer."""

"""Sorts the events of all files on disk and merges them into one timeline."""

"""Rows sorted on disk and merged into one timeline."""

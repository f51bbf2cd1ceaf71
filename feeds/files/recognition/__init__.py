"""Recognises a file's layout and turns it, with the user's options, into a plan for reading the file."""

"""Recognises the layout of a file and makes a plan for reading it, with the user's options."""

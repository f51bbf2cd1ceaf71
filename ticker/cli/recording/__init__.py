"""What `ticker record` does: from the stream to a file that replays to the same ticks."""

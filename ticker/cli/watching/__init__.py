"""What ``ticker watch`` shows: the live table, the tape, and lines for other programs."""

"""One run of ``ticker chat``: its lines, where they are shown and read, and the stream between."""

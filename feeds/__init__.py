"""The built-in feeds. Each comes in through the entry-point group ``ticker.feeds``, as anyone else's feed does."""

"""The built-in feeds. Each registers in the entry-point group ``ticker.feeds``, as any other feed does."""

"""Others that could carry prices: each a small server that sends every tick to those who asked for its symbol."""

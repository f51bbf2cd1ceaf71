"""Other servers: each sends every tick to the clients subscribed to its symbol."""

"""Client connections: admission limits, taking them over from aiohttp, the connection, the registry of all of them."""

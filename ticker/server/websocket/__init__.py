"""The WebSocket endpoint: frames, compression and extensions (RFC 6455, RFC 7692)."""

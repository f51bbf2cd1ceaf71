"""WebSocket: the endpoint, its handshake, frames and compression (RFC 6455, RFC 7692)."""

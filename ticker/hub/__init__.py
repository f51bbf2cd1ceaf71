"""The server without I/O: events and client messages in, frames out."""

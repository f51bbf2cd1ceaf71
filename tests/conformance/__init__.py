"""Autobahn's cases of the WebSocket protocol, run against the service's handshake, frames and connections.

python -m tests.conformance
"""

"""Middleware: proxy headers, origin, authentication and log-in."""

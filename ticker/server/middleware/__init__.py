"""Middleware: proxy headers, origin, authentication; and the log-in of browsers."""

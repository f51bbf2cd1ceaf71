"""Middleware: proxy headers, origin, authentication; and the login of browsers."""

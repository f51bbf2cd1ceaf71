"""Text to typed columns: CSV dialects, numbers, dates and time zones."""

"""Parses text: CSV dialects, rows, numbers, timestamps, time zones and column names."""

"""Authentication (keys, tokens, sessions) and entitlements. No HTTP in here."""

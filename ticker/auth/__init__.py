"""Authentication and entitlements: API keys, JSON Web Tokens and what each may see and do. No aiohttp here."""

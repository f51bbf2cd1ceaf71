"""Verifies JSON Web Tokens (RFC 7519) with PyJWT.

The algorithm follows from the key. A token whose header names another one is rejected, so neither ``none`` nor a public
key used as a secret is accepted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.auth.jwks import VerifyingKey, parse_keys
from ticker.errors import KeysError, install_hint
from ticker.sanitize import proper_name
from ticker.small_file import read_small_file

#: Tolerated difference between clocks.
LEEWAY_S: Final = 10
#: The claim with the entitlements.
CLAIM: Final = "ticker"


class TokenVerifier:
    """Accepts tokens for ``audience`` and, if given, from ``issuer``. Raises ``KeysError`` like ``read``.

    ``path`` has a secret (HS256), a public key in PEM (RS256, ES256) or a JWKS (RFC 7517) of several of these.
    """

    def __init__(self, path: Path, audience: str, issuer: str | None = None) -> None:
        self.path = path
        self._audience = audience
        self._issuer = issuer
        self._keys: dict[str | None, VerifyingKey] = {}
        self.read()

    def read(self) -> None:
        """Read the keys again. Raises ``KeysError``; the previous keys then stay valid."""
        try:
            content = read_small_file(self.path)
        except OSError as error:
            raise KeysError(f"{self.path}: {error.strerror}") from error
        try:
            import jwt  # noqa: F401 - the package that ``identify`` needs

            self._keys = parse_keys(content)
        except ImportError as error:
            raise KeysError(f"tokens need the package PyJWT; install it with: {install_hint('auth')}") from error
        except ValueError as error:
            raise KeysError(f"{self.path}: not a key for tokens: {error}") from error

    def identify(self, token: str) -> Identity | None:
        """The identity of a token; None if it is not valid."""
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            found = self._keys.get(header.get("kid"))
            if found is None and len(self._keys) == 1 and None in self._keys:
                found = self._keys[None]
            if found is None or header.get("alg") != found[1]:
                return None
            key, algorithm = found
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "aud", "sub"]},
            )
            may = msgspec.convert(claims.get(CLAIM, {}), Entitlements, strict=True)
            expires_s = float(claims["exp"]) + LEEWAY_S
        except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        name = str(claims["sub"])
        try:
            # Names that are shortened or stripped of invisible characters could be confused with others.
            is_proper = proper_name(name) == name
        except ValueError:
            is_proper = False
        return Identity(name=name, may=may, expires_s=expires_s) if is_proper else None

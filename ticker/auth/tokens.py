"""Verifies JSON Web Tokens (RFC 7519) with PyJWT.

The algorithm follows from the key. A token whose header names another one is rejected, so neither ``none`` nor a public
key used as a secret is accepted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.errors import KeysError, install_hint
from ticker.sanitize import proper_name

#: Tolerated difference between clocks.
LEEWAY_S: Final = 10
#: RFC 7518, section 3.2: a secret for HS256 is at least as long as the hash.
_SECRET_BYTES: Final = 32
#: The claim with the entitlements.
CLAIM: Final = "ticker"
_ALGORITHMS: Final = {"oct": "HS256", "RSA": "RS256", "EC": "ES256"}


class TokenVerifier:
    """Accepts tokens for ``audience`` and, if given, from ``issuer``. Raises ``KeysError`` like ``read``.

    ``path`` has a secret (HS256), a public key in PEM (RS256, ES256) or a JWKS (RFC 7517) of several of these.
    """

    def __init__(self, path: Path, audience: str, issuer: str | None = None) -> None:
        self.path = path
        self._audience = audience
        self._issuer = issuer
        self._keys: dict[str | None, tuple[Any, str]] = {}
        self.read()

    def read(self) -> None:
        """Read the keys again. Raises ``KeysError``; the previous keys then stay valid."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise KeysError(f"{self.path}: {error.strerror}") from error
        try:
            self._keys = _parse_keys(content)
        except ImportError as error:
            raise KeysError(f"tokens need the package PyJWT; install it with: {install_hint('auth')}") from error
        except (ValueError, KeyError, TypeError) as error:
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


def _parse_keys(content: bytes) -> dict[str | None, tuple[Any, str]]:
    """Keys and their algorithms, by key id. A single key without an id has None and verifies tokens of any id."""
    import jwt

    text = content.strip()
    if text.startswith(b"{"):
        parsed = msgspec.json.decode(text)
        rows = parsed.get("keys", [parsed])
        jwks = {row.get("kid"): jwt.PyJWK.from_dict(row, _algorithm(row)) for row in rows}
        keys = {kid: (jwk.key, jwk.algorithm_name) for kid, jwk in jwks.items()}
        if len(keys) < len(rows) or (None in keys and len(keys) > 1):
            raise ValueError("with several keys, each needs a unique `kid`")
        if not keys:
            raise ValueError("it has no keys")
        return keys
    if text.startswith(b"-----BEGIN"):
        return {None: _from_pem(text)}
    if len(text) < _SECRET_BYTES:
        raise ValueError(f"a secret for HS256 needs at least {_SECRET_BYTES} bytes, not {len(text)}")
    return {None: (text, "HS256")}


def _algorithm(row: dict[str, Any]) -> str:
    algorithm = _ALGORITHMS.get(row.get("kty", ""))
    if algorithm is None or row.get("alg", algorithm) != algorithm:
        raise ValueError(f"must be HS256, RS256 or ES256, not {row.get('alg') or row.get('kty')!r:.40}")
    return algorithm


def _from_pem(text: bytes) -> tuple[Any, str]:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in text:
        raise ValueError("this is a private key; the server needs only the public one")
    key = load_pem_public_key(text)
    if isinstance(key, RSAPublicKey):
        return key, "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key, "ES256"
    raise ValueError("must be RSA or an elliptic curve P-256")

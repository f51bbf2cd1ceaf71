"""JSON Web Tokens (RFC 7519), checked with PyJWT: whose they are, for whom, and until when.

A token is signed with the algorithm that its key is for, and with no other: what the token itself says of that is
compared, never obeyed. So neither ``none`` nor a public key taken for a secret gets anybody in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.errors import KeysError
from ticker.sanitize import proper_name

if TYPE_CHECKING:
    import jwt

#: Clocks differ.
LEEWAY_S: Final = 10
#: RFC 7518, section 3.2: a secret for HS256 has as many bytes as the hash.
_SECRET_BYTES: Final = 32
#: The claim that has the entitlements.
CLAIM: Final = "ticker"


class TokenVerifier:
    """Tokens for ``audience``, from ``issuer`` if one is named. Reads the keys anew when told to.

    ``path`` is a secret (HS256), a public key in PEM (RS256, ES256) or a JWKS (RFC 7517) with several of these.
    """

    def __init__(self, path: Path, audience: str, issuer: str | None = None) -> None:
        self.path = path
        self._audience = audience
        self._issuer = issuer
        self._keys: dict[str | None, tuple[Any, str]] = {}
        self.read()

    def read(self) -> None:
        """Raises ``KeysError``; then those of before stay."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise KeysError(f"{self.path}: {error.strerror}") from error
        try:
            self._keys = _keys(content)
        except ImportError as error:
            raise KeysError("tokens need PyJWT: pip install 'ticker-hub[auth]'") from error
        except (ValueError, KeyError, TypeError) as error:
            raise KeysError(f"{self.path}: no key for tokens: {error}") from error

    def identify(self, token: str) -> Identity | None:
        """Whose token it is; None for one that isn't good."""
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            known = self._keys.get(header.get("kid"))
            if known is None and len(self._keys) == 1 and None in self._keys:
                known = self._keys[None]
            if known is None or header.get("alg") != known[1]:
                return None
            key, algorithm = known
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
        if not _is_proper(name):
            return None  # cut short, or shown without what can't be seen, two would be one
        return Identity(name=name, may=may, expires_s=expires_s)


def _is_proper(name: str) -> bool:
    try:
        return proper_name(name) == name
    except ValueError:
        return False


def _keys(content: bytes) -> dict[str | None, tuple[Any, str]]:
    """By key id (None: whatever the token says, for there is one alone), each with its algorithm."""
    import jwt

    text = content.strip()
    if text.startswith(b"{"):
        given = msgspec.json.decode(text)
        rows = given.get("keys", [given])
        found = {row.get("kid"): _of_jwk(jwt.PyJWK.from_dict(row, _algorithm(row))) for row in rows}
        if len(found) < len(rows) or (None in found and len(found) > 1):
            raise ValueError("where there are several, each needs a `kid` of its own")
        if not found:
            raise ValueError("it has none")
        return found
    if text.startswith(b"-----BEGIN"):
        return {None: _of_pem(text)}
    if len(text) < _SECRET_BYTES:
        raise ValueError(f"a secret for HS256 has at least {_SECRET_BYTES} bytes, not {len(text)}")
    return {None: (text, "HS256")}


def _algorithm(row: dict[str, Any]) -> str:
    kinds = {"oct": "HS256", "RSA": "RS256", "EC": "ES256"}
    algorithm = kinds.get(row.get("kty", ""))
    if algorithm is None or row.get("alg", algorithm) != algorithm:
        raise ValueError(f"there are HS256, RS256 and ES256, not {row.get('alg') or row.get('kty')!r:.40}")
    return algorithm


def _of_jwk(key: jwt.PyJWK) -> tuple[Any, str]:
    return key.key, key.algorithm_name


def _of_pem(text: bytes) -> tuple[Any, str]:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in text:
        raise ValueError("it is a private key; the server needs the public one alone")
    key = load_pem_public_key(text)
    if isinstance(key, RSAPublicKey):
        return key, "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key, "ES256"
    raise ValueError("neither RSA nor an elliptic curve P-256")

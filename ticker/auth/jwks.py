"""Keys that verify tokens, read from a file: a secret, a public key in PEM, or JSON Web Keys (RFC 7517).

Every fault of a file is a ``ValueError`` that says which key has it.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

import msgspec

#: RFC 7518, section 3.2: a secret for HS256 is at least as long as the hash.
SECRET_BYTES: Final = 32
#: RFC 7518, section 3.3, and the most that OpenSSL verifies with.
RSA_BITS: Final = range(2_048, 16_385)
#: Larger exponents make each verification slow.
_MOST_EXPONENT: Final = 2**32
#: Members of a key, and of those the ones that only the owner of the private key has.
_MEMBERS: Final = {"oct": ("k",), "RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_PRIVATE: Final = ("d", "p", "q", "dp", "dq", "qi", "oth")
_ALGORITHMS: Final = {"oct": "HS256", "RSA": "RS256", "EC": "ES256"}
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+=*", re.ASCII)
_SSH: Final = (b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-")

#: A key as PyJWT takes it, and its algorithm.
VerifyingKey = tuple[Any, str]


def parse_keys(content: bytes) -> dict[str | None, VerifyingKey]:
    """Keys by key id (`kid`). A single key without an id has None and verifies tokens of any id.

    Raises ``ValueError`` for content that has no usable key, and ``ImportError`` without the packages.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if text[:1] in (b"{", b"["):
        return _from_json(text)
    if b"-----BEGIN" in text:
        return {None: _from_pem(text)}
    if text.startswith(_SSH):
        raise ValueError("this is an SSH key; convert it with: ssh-keygen -e -m PKCS8 -f FILE")
    try:
        is_text = "\0" not in text.decode()
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise ValueError("neither PEM nor a JWKS nor text; a secret is text, for example from: openssl rand -hex 32")
    _check_secret(text)
    return {None: (text, "HS256")}


def _from_json(text: bytes) -> dict[str | None, VerifyingKey]:
    try:
        parsed = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"not JSON: {str(error).removeprefix('JSON is malformed: ')}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    if not isinstance(parsed, dict):
        raise ValueError("a JWKS is an object with `keys`, not a list")
    rows = parsed.get("keys", [parsed])
    if not isinstance(rows, list):
        raise ValueError("`keys` must be a list")
    if not rows:
        raise ValueError("`keys` is empty")
    keys: dict[str | None, VerifyingKey] = {}
    for index, row in enumerate(rows):
        where = f"keys[{index}]" if "keys" in parsed else "the key"
        try:
            kid, key = _from_jwk(row)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        if kid in keys or (None in (kid, *keys) and len(rows) > 1):
            raise ValueError(f"{where}: with several keys, each needs a `kid` of its own")
        keys[kid] = key
    return keys


def _from_jwk(row: object) -> tuple[str | None, VerifyingKey]:
    if not isinstance(row, dict):
        raise ValueError("must be an object")
    kid, kty = row.get("kid"), row.get("kty")
    if not isinstance(kid, str | None):
        raise ValueError("`kid` must be a text")
    if not isinstance(kty, str) or kty not in _ALGORITHMS:
        raise ValueError("`kty` is missing" if kty is None else f"`kty` must be oct, RSA or EC, not {kty!r:.40}")
    algorithm = _ALGORITHMS[kty]
    if row.get("alg", algorithm) != algorithm:
        raise ValueError(f"`alg` must be {algorithm} for `kty` {kty}, not {row['alg']!r:.40}")
    if row.get("use", "sig") != "sig":
        raise ValueError(f"`use` must be sig, not {row['use']!r:.40}")
    if any(name in row for name in _PRIVATE):
        raise ValueError("this is a private key; the server needs only the public one")
    for name in _MEMBERS[kty]:
        if not isinstance(row.get(name), str):
            raise ValueError(f"`{name}` must be a text" if name in row else f"`{name}` is missing")
    return kid, (_secret(row) if kty == "oct" else _rsa(row) if kty == "RSA" else _ec(row), algorithm)


def _secret(row: dict[str, str]) -> bytes:
    secret = _bytes(row, "k")
    _check_secret(secret)
    return secret


def _rsa(row: dict[str, str]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    n, e = (int.from_bytes(_bytes(row, name)) for name in _MEMBERS["RSA"])
    _check_rsa(n, e)
    try:
        return RSAPublicNumbers(e, n).public_key()
    except ValueError:
        raise ValueError("not an RSA key") from None


def _ec(row: dict[str, str]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers

    if row["crv"] != "P-256":
        raise ValueError(f"`crv` must be P-256, not {row['crv']!r:.40}")
    x, y = (_bytes(row, name) for name in ("x", "y"))
    if (len(x), len(y)) != (32, 32):
        raise ValueError("`x` and `y` must have 32 bytes")
    try:
        return EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1()).public_key()
    except ValueError:
        raise ValueError("`x` and `y` are no point of the curve P-256") from None


def _bytes(row: dict[str, str], name: str) -> bytes:
    text = row[name]
    if _BASE64URL.fullmatch(text):
        try:
            return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
        except binascii.Error:
            pass
    raise ValueError(f"`{name}` is not base64url")


def _check_secret(secret: bytes) -> None:
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"a secret for HS256 needs at least {SECRET_BYTES} bytes, not {len(secret)}")


def _check_rsa(n: int, e: int) -> None:
    if n.bit_length() not in RSA_BITS:
        raise ValueError(f"an RSA key needs {RSA_BITS[0]:,} to {RSA_BITS[-1]:,} bits, not {n.bit_length():,}")
    if not (3 <= e <= _MOST_EXPONENT and e % 2 and n % 2):
        raise ValueError("not an RSA key: its exponent must be odd and from 3 to 2^32, its modulus odd")


def _from_pem(text: bytes) -> VerifyingKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY-----" in text:
        raise ValueError("this is a private key; the server needs only the public one")
    if b"-----BEGIN CERTIFICATE" in text:
        raise ValueError("this is a certificate; extract its key with: openssl x509 -in FILE -noout -pubkey")
    if text.count(b"-----BEGIN") > 1:
        raise ValueError("has several PEM blocks; several keys need a JWKS")
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in PEM") from None
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        _check_rsa(numbers.n, numbers.e)
        return key, "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key, "ES256"
    raise ValueError("must be RSA or an elliptic curve P-256")

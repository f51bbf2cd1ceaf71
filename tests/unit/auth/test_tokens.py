"""Tokens that are accepted, and those that are not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ticker.auth.entitlements import Entitlements
from ticker.auth.tokens import LEEWAY_S, TokenVerifier
from ticker.errors import KeysError

SECRET = b"0123456789abcdef0123456789abcdef"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def jwk(algorithm: str, key: Any, kid: str | None = None) -> dict[str, Any]:
    maker: Any = {"HS256": jwt.algorithms.HMACAlgorithm, "RS256": jwt.algorithms.RSAAlgorithm}.get(
        algorithm, jwt.algorithms.ECAlgorithm
    )
    row: dict[str, Any] = json.loads(maker.to_jwk(key))
    return row if kid is None else row | {"kid": kid}


def claims(**more: object) -> dict[str, object]:
    given = {"sub": "desk", "aud": "ticker", "exp": int(time.time()) + 60} | more
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def verifier(tmp_path: Path) -> Callable[..., TokenVerifier]:
    def make(content: bytes | dict[str, Any], **more: Any) -> TokenVerifier:
        path = tmp_path / "key"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return TokenVerifier(path, more.pop("audience", "ticker"), **more)

    return make


Make = Callable[..., TokenVerifier]


@pytest.mark.parametrize(
    ("content", "key", "algorithm"),
    [(SECRET + b"\n", SECRET, "HS256"), (pem(RSA), RSA, "RS256"), (pem(EC), EC, "ES256")],
    ids=["secret", "rsa", "ec"],
)
def test_a_valid_token_is_accepted(verifier: Make, content: bytes, key: Any, algorithm: str) -> None:
    may = {"symbols": ["A*"], "channels": ["ticker"], "rate": 2.0, "connections": 1}
    ends = int(time.time()) + 60
    found = verifier(content).identify(jwt.encode(claims(exp=ends, ticker=may), key, algorithm))
    assert found is not None
    assert (found.name, found.expires_s) == ("desk", ends + LEEWAY_S)
    assert found.may == Entitlements(symbols=("A*",), channels=("ticker",), rate=2, connections=1)


def test_a_sub_that_is_too_long_is_refused_and_not_truncated(verifier: Make) -> None:
    """Truncated, two names that begin alike would become one."""
    found = verifier(SECRET).identify(jwt.encode(claims(sub="x" * 64), SECRET, "HS256"))
    assert found is not None
    assert (found.name, found.owner) == ("x" * 64, "token:" + "x" * 64)


def test_a_jwks_may_have_several_keys(verifier: Make) -> None:
    made = verifier({"keys": [jwk("HS256", SECRET, "one"), jwk("RS256", RSA.public_key(), "two")]})
    assert made.identify(jwt.encode(claims(), SECRET, "HS256", headers={"kid": "one"})) is not None
    assert made.identify(jwt.encode(claims(), RSA, "RS256", headers={"kid": "two"})) is not None
    for headers in ({}, {"kid": "two"}, {"kid": "three"}):
        assert made.identify(jwt.encode(claims(), SECRET, "HS256", headers=headers)) is None


@pytest.mark.parametrize(
    "more",
    [
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_102_444_800},  # in 2100
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": "x" * 65},
        {"sub": "desk "},
        {"sub": "desk\u200b"},
        {"sub": "desk\n"},
        {"sub": "\ud800"},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"nbf": float("inf")},
        {"iss": "other"},
        {"iss": None},
        {"ticker": {"symbols": "AAPL"}},
        {"ticker": {"unknown": 1}},
        {"ticker": {"rate": -1}},
        {"ticker": 7},
    ],
    ids=str,
)
def test_tokens_with_invalid_claims_are_refused(verifier: Make, more: dict[str, object]) -> None:
    made = verifier(SECRET, issuer="us")
    assert made.identify(jwt.encode(claims(**{"iss": "us"} | more), SECRET, "HS256")) is None
    assert made.identify(jwt.encode(claims(iss="us"), SECRET, "HS256")) is not None


@pytest.mark.parametrize("crit", [["b64"], ["x-policy"], [], "exp", None, 1], ids=str)
def test_tokens_with_critical_extensions_are_refused(verifier: Make, crit: object) -> None:
    """RFC 7515, section 4.1.11: a token with extensions that are not understood is invalid."""
    made = verifier(SECRET)
    for more in ({"x-policy": 1}, {"b64": True}):
        token = jwt.encode(claims(), SECRET, "HS256", headers={"crit": crit, **more})
        assert made.identify(token) is None


def test_tokens_of_other_algorithms_are_refused(verifier: Make) -> None:
    """`none`, another key's algorithm, or a public key used as a secret."""
    made = verifier(pem(RSA))
    nothing = jwt.encode(claims(), "", "none")
    bigger = jwt.encode(claims(), RSA, "RS512")
    head, body, _ = jwt.encode(claims(), SECRET, "HS256").split(".")
    import base64
    import hashlib
    import hmac

    signature = hmac.digest(pem(RSA), f"{head}.{body}".encode(), hashlib.sha256)
    confused = f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    other = jwt.encode(claims(), rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256")
    for token in (nothing, bigger, confused, other, "", "a.b.c", "tk_x", "." * 5_000, "\ud800.\udfff.x", "é.é.é"):
        assert made.identify(token) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        b"{",
        b"{}",
        b'{"keys":[]}',
        b'{"keys":[{"kty":"OKP"}]}',
        json.dumps({"keys": [jwk("HS256", SECRET), jwk("HS256", SECRET, "x")]}).encode(),
        json.dumps({"keys": [jwk("HS256", SECRET, "x"), jwk("HS256", SECRET, "x")]}).encode(),
        json.dumps(jwk("HS256", SECRET) | {"alg": "none"}).encode(),
        b"-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----",
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(ec.generate_private_key(ec.SECP384R1())),
        RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=range(13),
)
def test_an_invalid_key_file_is_refused(verifier: Make, content: bytes) -> None:
    with pytest.raises(KeysError, match="key: not a key"):
        verifier(content)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="No such file"):
        TokenVerifier(tmp_path / "none", "ticker")

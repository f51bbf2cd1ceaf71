"""Broken files of keys for tokens, and what the error must say."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

SECRET = b"0123456789abcdef0123456789abcdef"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


#: An odd modulus of 2,048 bits; whether it has two prime factors is not checked by any library.
MODULUS = 2**2047 + 2**1024 + 1
OCT = {"kty": "oct", "kid": "a", "k": b64(SECRET)}
RSA = {"kty": "RSA", "kid": "b", "n": number(MODULUS), "e": "AQAB"}
#: The base point of P-256 (SEC 2, section 2.4.2).
X = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
Y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
EC = {"kty": "EC", "kid": "c", "crv": "P-256", "x": number(X), "y": number(Y)}


def jwks(*rows: object) -> bytes:
    return json.dumps({"keys": rows}).encode()


def without(row: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in row.items() if key != name}


#: Content and a part of the error.
BROKEN: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"keys": [', "not JSON"),
    "JSON and more": (b'{"keys": []} x', "not JSON"),
    "a list": (json.dumps([OCT]).encode(), "an object with `keys`, not a list"),
    "an object without keys": (b"{}", "`kty` is missing"),
    "no keys": (jwks(), "`keys` is empty"),
    "keys that are null": (b'{"keys": null}', "`keys` must be a list"),
    "keys that are an object": (json.dumps({"keys": {"a": OCT}}).encode(), "`keys` must be a list"),
    "keys that are a text": (b'{"keys": "a"}', "`keys` must be a list"),
    "a key that is null": (jwks(OCT, None), "keys[1]: must be an object"),
    "a key that is a text": (jwks("secret"), "keys[0]: must be an object"),
    "a key that is a list": (jwks([OCT]), "keys[0]: must be an object"),
    "no kty": (jwks(without(OCT, "kty")), "keys[0]: `kty` is missing"),
    "kty of a number": (jwks(OCT | {"kty": 1}), "`kty` must be oct, RSA or EC"),
    "kty of a list": (jwks(OCT | {"kty": ["oct"]}), "`kty` must be oct, RSA or EC"),
    "an unknown kty": (jwks({"kty": "OKP", "crv": "Ed25519", "x": b64(SECRET)}), "`kty` must be oct, RSA or EC"),
    "an unknown curve": (jwks(EC | {"crv": "P-999"}), "`crv` must be P-256"),
    "another curve": (jwks(EC | {"crv": "P-384"}), "`crv` must be P-256"),
    "curve of a number": (jwks(EC | {"crv": 256}), "`crv` must be a text"),
    "no curve": (jwks(without(EC, "crv")), "`crv` is missing"),
    "no point": (jwks(without(EC, "y")), "`y` is missing"),
    "a short point": (jwks(EC | {"x": b64(b"x")}), "`x` and `y` must have 32 bytes"),
    "no point of the curve": (jwks(EC | {"y": EC["x"]}), "no point of the curve"),
    "no n": (jwks(without(RSA, "n")), "`n` is missing"),
    "no e": (jwks(without(RSA, "e")), "`e` is missing"),
    "n of a number": (jwks(RSA | {"n": 7}), "`n` must be a text"),
    "n that is empty": (jwks(RSA | {"n": ""}), "`n` is not base64url"),
    "wrong base64": (jwks(RSA | {"n": "!!!"}), "`n` is not base64url"),
    "base64 of another alphabet": (jwks(RSA | {"n": RSA["n"] + "+/"}), "`n` is not base64url"),
    "base64 cut off": (jwks(OCT | {"k": "x" * 45}), "`k` is not base64url"),
    "base64 beyond ASCII": (jwks(OCT | {"k": "ä" * 48}), "`k` is not base64url"),
    "a tiny RSA key": (jwks(RSA | {"n": number(2**511 + 1)}), "2,048 to 16,384 bits, not 512"),
    "a huge RSA key": (jwks(RSA | {"n": number(2**20_000 + 1)}), "bits, not 20,001"),
    "an even modulus": (jwks(RSA | {"n": number(MODULUS + 1)}), "not an RSA key"),
    "an exponent of 0": (jwks(RSA | {"e": "AA"}), "not an RSA key"),
    "an exponent of 1": (jwks(RSA | {"e": "AQ"}), "not an RSA key"),
    "an even exponent": (jwks(RSA | {"e": "Ag"}), "not an RSA key"),
    "a huge exponent": (jwks(RSA | {"e": RSA["n"]}), "not an RSA key"),
    "a negative exponent": (jwks(RSA | {"e": -3}), "`e` must be a text"),
    "no secret": (jwks(without(OCT, "k")), "`k` is missing"),
    "a short secret": (jwks(OCT | {"k": b64(SECRET[:31])}), "at least 32 bytes, not 31"),
    "a secret of a number": (jwks(OCT | {"k": 7}), "`k` must be a text"),
    "the same kid twice": (jwks(OCT, RSA | {"kid": "a"}), "keys[1]: with several keys, each needs a `kid` of its own"),
    "a key without kid beside another": (jwks(without(OCT, "kid"), RSA), "with several keys, each needs a `kid`"),
    "kid of a number": (jwks(OCT | {"kid": 1}), "`kid` must be a text"),
    "kid of a list": (jwks(OCT | {"kid": []}), "`kid` must be a text"),
    "another alg": (jwks(RSA | {"alg": "RS512"}), "`alg` must be RS256"),
    "alg of another kty": (jwks(RSA | {"alg": "HS256"}), "`alg` must be RS256"),
    "alg none": (jwks(OCT | {"alg": "none"}), "`alg` must be HS256"),
    "alg of a list": (jwks(OCT | {"alg": ["HS256"]}), "`alg` must be HS256"),
    "a key for encryption": (jwks(RSA | {"use": "enc"}), "`use` must be sig"),
    "a private RSA key": (jwks(RSA | {"d": "AQAB"}), "this is a private key"),
    "a private EC key": (jwks(EC | {"d": EC["x"]}), "this is a private key"),
    "lists 100,000 deep": (b'{"keys":' + b"[" * 100_000, "nested too deeply"),
    "objects 100,000 deep": (b'{"a":' * 100_000, "nested too deeply"),
    "NUL": (b'{"keys": [\0]}', "not JSON"),
    "NUL in a secret": (SECRET + b"\0" + SECRET, "a secret is text"),
    "not UTF-8": (b'{"keys": [{"kty": "\xff\xfe"}]}', "not JSON"),
    "JSON in UTF-16": (json.dumps({"keys": [OCT]}).encode("utf-16"), "a secret is text"),
    "DER": (b"\x30\x82\x01\x22" + bytes(range(256)), "a secret is text"),
    "nothing": (b"", "at least 32 bytes, not 0"),
    "blanks": (b" \n" * 40, "at least 32 bytes, not 0"),
    "a short plain secret": (b"short", "at least 32 bytes, not 5"),
    "a number too large": (b'{"keys": [{"kty": 1e999}]}', "not JSON"),
    "an SSH key": (b"ssh-rsa " + b"A" * 300 + b" me@here", "this is an SSH key"),
    "a certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "this is a certificate"),
    "a private key in PEM": (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a private key"),
    "an encrypted key": (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA\n-----END ENCRYPTED PRIVATE KEY-----", "private"),
    "PEM behind a comment": (b"# our key\n-----BEGIN PUBLIC KEY-----\n????\n-----END PUBLIC KEY-----\n", "in PEM"),
    "two keys in PEM": (b"-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n" * 2, "several PEM blocks"),
    "PEM cut off": (b"-----BEGIN PUBLIC KEY-----\nMIIBIjANBg", "not a public key in PEM"),
}

#: What is wrong with a path, and a part of the error.
PATHS = {
    "a directory": "Is a directory",
    "a named pipe": "not a regular file",
    "a device": "not a regular file",
    "a link to nowhere": "o such file",
    "nothing": "o such file",
    "100 MB": "larger than",
}


def break_path(path: Path, how: str) -> None:
    """Replace a file by what ``PATHS`` names."""
    path.unlink(missing_ok=True)
    match how:
        case "a directory":
            path.mkdir()
        case "a named pipe":
            os.mkfifo(path)
        case "a device":
            path.symlink_to("/dev/zero")
        case "a link to nowhere":
            path.symlink_to(path.with_name("nowhere"))
        case "100 MB":
            with path.open("wb") as file:
                file.truncate(100_000_000)  # sparse


def good_jwks() -> dict[str, Any]:
    """A JWKS with a key of each kind."""
    return {"keys": [OCT, RSA | {"use": "sig", "alg": "RS256"}, EC]}

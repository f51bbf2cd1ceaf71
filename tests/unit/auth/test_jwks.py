"""Files of keys for tokens: what is accepted, and the one line about each that is broken."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import jwt
import pytest

from tests.support.broken_key_files import BROKEN, EC, OCT, PATHS, RSA, SECRET, break_path, good_jwks, jwks
from ticker.auth.authenticator import Authenticator
from ticker.auth.jwks import parse_keys
from ticker.auth.tokens import TokenVerifier
from ticker.errors import KeysError


def token() -> str:
    claims = {"sub": "ann", "aud": "ticker", "exp": int(time.time()) + 600}
    return jwt.encode(claims, SECRET, "HS256", headers={"kid": "a"})


def check_line(text: str, path: Path, part: str) -> None:
    assert text.startswith(f"{path}: ")
    assert part in text
    assert text.isprintable()
    assert len(text) < len(str(path)) + 200


def test_keys_of_each_kind_are_accepted() -> None:
    """Also after a byte order mark, with padded base64, and a single key without a `kid`, as a JWKS or alone."""
    keys = parse_keys(json.dumps(good_jwks()).encode())
    assert {kid: algorithm for kid, (_, algorithm) in keys.items()} == {"a": "HS256", "b": "RS256", "c": "ES256"}
    assert parse_keys(b"\xef\xbb\xbf" + jwks(OCT))["a"] == (SECRET, "HS256")
    assert parse_keys(jwks(OCT | {"k": OCT["k"] + "="}))["a"] == (SECRET, "HS256")
    alone = {name: value for name, value in RSA.items() if name != "kid"}
    assert list(parse_keys(jwks(alone))) == list(parse_keys(json.dumps(alone).encode())) == [None]
    assert parse_keys(SECRET + b"\n") == {None: (SECRET, "HS256")}
    assert parse_keys(jwks(EC))["c"][1] == "ES256"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_one_line_that_names_it(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start, and in the running server, where what was known stays valid; a repaired file is read again."""
    content, part = BROKEN[name]
    path = tmp_path / "tokens.jwks"
    path.write_bytes(content)
    with pytest.raises(KeysError) as caught:
        TokenVerifier(path, "ticker")
    check_line(str(caught.value), path, part)
    path.write_text(json.dumps(good_jwks()))
    auth = Authenticator(tokens=TokenVerifier(path, "ticker"))
    path.write_bytes(content)
    with caplog.at_level(logging.INFO):
        auth.refresh()
        auth.refresh()
        assert auth.identify(token()) is not None
        path.write_text(json.dumps(good_jwks()) + "\n")
        auth.refresh()
    assert auth.identify(token()) is not None
    broken, reloaded = caplog.messages
    check_line(broken, path, part)
    assert broken.endswith("; keeping the previous keys")
    assert reloaded == f"{path}: reloaded"
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("how", PATHS)
def test_what_is_not_a_file_of_moderate_size_is_refused_at_once(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without waiting for the other end of a pipe, and without reading a device."""
    path = tmp_path / "tokens.jwks"
    break_path(path, how)
    with pytest.raises(KeysError) as caught:
        TokenVerifier(path, "ticker")
    check_line(str(caught.value), path, PATHS[how])
    other = tmp_path / "other.jwks"
    other.write_text(json.dumps(good_jwks()))
    auth = Authenticator(tokens=TokenVerifier(other, "ticker"))
    break_path(other, how)
    auth.refresh()
    assert auth.identify(token()) is not None
    (line,) = caplog.messages
    check_line(line, other, PATHS[how])


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokens.jwks"
    path.write_text(json.dumps(good_jwks()))
    auth = Authenticator(tokens=TokenVerifier(path, "ticker"))

    def refuse(given: str, _flags: int) -> int:
        raise PermissionError(13, "Permission denied", given)

    monkeypatch.setattr("ticker.small_file.open_without_waiting", refuse)
    path.write_text("changed")
    auth.refresh()
    check_line(caplog.messages[0], path, "Permission denied")
    assert auth.identify(token()) is not None

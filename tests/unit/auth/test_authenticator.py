"""The authenticator, without a server."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest

from ticker.auth.authenticator import Authenticator
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.auth.identity import ANYONE
from ticker.auth.keys import Keys, add, editing, revoke
from ticker.auth.sessions import SESSION_S
from ticker.auth.tokens import TokenVerifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def new_key(path: Path, name: str = "desk", may: Entitlements | None = None, expires: int | None = None) -> str:
    with editing(path) as keys:
        return add(keys, name, may or Entitlements(), expires=expires)[1]


def test_without_keys_and_tokens_authentication_is_disabled() -> None:
    auth = Authenticator()
    assert auth.open
    assert auth.holds(ANYONE)
    assert ANYONE.may == EVERYTHING


def test_a_revoked_or_changed_key_is_no_longer_valid(path: Path) -> None:
    secret = new_key(path)
    auth = Authenticator(path)
    identity = auth.identify(secret)
    assert identity is not None
    assert auth.holds(identity)
    other = new_key(path, "other")
    assert auth.identify(other) is None
    auth.refresh()
    assert auth.identify(other) is not None
    assert auth.holds(identity)
    with editing(path) as keys:
        revoke(keys, "desk")
    auth.refresh()
    assert not auth.holds(identity)
    assert auth.identify(secret) is None


def test_with_a_broken_file_the_previous_keys_stay_valid(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = new_key(path)
    auth = Authenticator(path)
    path.write_text("{")
    auth.refresh()
    assert auth.identify(secret) is not None
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    path.unlink()
    auth.refresh()
    assert auth.identify(secret) is not None


def test_a_session_ends_with_its_key(path: Path) -> None:
    ends = int(time.time()) + 3_600
    secret = new_key(path, expires=ends)
    auth = Authenticator(path)
    identity = auth.identify(secret)
    assert identity is not None
    cookie, until_s = auth.seal(secret, identity)
    assert until_s == ends < time.time() + SESSION_S
    assert secret.split("_", 2)[2] not in cookie
    found = auth.unseal(cookie)
    assert found is not None
    assert (found.name, found.expires_s) == ("desk", ends)
    assert auth.holds(found)
    with editing(path) as keys:
        revoke(keys, "desk")
    auth.refresh()
    assert auth.unseal(cookie) is None
    assert not auth.holds(found)


def test_a_session_of_a_token_ends_at_the_latest_with_the_token(path: Path) -> None:
    path.write_bytes(b"0123456789abcdef0123456789abcdef")
    auth = Authenticator(tokens=TokenVerifier(path, "ticker"))
    claims = {"sub": "desk", "aud": "ticker", "exp": int(time.time()) + 10 * SESSION_S}
    token = jwt.encode(claims, path.read_bytes(), "HS256")
    identity = auth.identify(token)
    assert identity is not None
    cookie, until_s = auth.seal(token, identity)
    found = auth.unseal(cookie)
    assert found is not None
    assert found.expires_s == int(until_s) <= time.time() + SESSION_S
    assert (found.name, found.may) == (identity.name, identity.may)


def test_a_token_whose_sub_is_a_keys_name_is_refused(path: Path, tmp_path: Path) -> None:
    """Also if the key was created later. Keys and tokens have different owners."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef0123456789abcdef")
    key = new_key(path)
    auth = Authenticator(path, TokenVerifier(secret, "ticker"))

    def token(sub: str) -> str:
        claims = {"sub": sub, "aud": "ticker", "exp": int(time.time()) + 60}
        return jwt.encode(claims, secret.read_bytes(), "HS256")

    mine, other = auth.identify(key), auth.identify(token("ann"))
    assert mine is not None
    assert other is not None
    assert (mine.owner, other.owner) == ("desk", "token:ann")
    assert auth.identify(token("desk")) is None
    assert auth.holds(other)
    new_key(path, "ann", Entitlements(symbols=("A*",)))
    auth.refresh()
    assert not auth.holds(other)
    assert auth.identify(token("ann")) is None
    # What owners that are not connected may do.
    assert auth.may("ann") == Entitlements(symbols=("A*",))
    assert auth.may("token:ann") == EVERYTHING
    with editing(path) as keys:
        revoke(keys, "desk")
    auth.refresh()
    assert auth.may("desk") is None
    heir = auth.identify(token("desk"))
    assert heir is not None
    assert heir.owner == "token:desk"
    assert Authenticator(path).may("token:ann") is None


def test_a_token_whose_sub_looks_like_a_keys_name_is_refused(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By case, letters of other scripts, or invisible characters; until the key is gone. The log tells why, once."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef0123456789abcdef")
    new_key(path)
    auth = Authenticator(path, TokenVerifier(secret, "ticker"))

    def token(sub: str) -> str:
        claims = {"sub": sub, "aud": "ticker", "exp": int(time.time()) + 60}
        return jwt.encode(claims, secret.read_bytes(), "HS256")

    for sub in ("Desk", "dеsk", "ＤＥＳＫ", "desk\u034f", "desk\ufe0f", "desk\u115f", "desk\u3164", "desk\u2800"):
        for _ in range(2):
            assert auth.identify(token(sub)) is None, ascii(sub)
    assert caplog.messages == [
        f"refused a token: its sub {sub!r} is or looks like the name of the key desk"
        for sub in ("Desk", "dеsk", "ＤＥＳＫ")
    ]
    other = auth.identify(token("李"))
    assert other is not None
    with editing(path) as keys:
        revoke(keys, "desk")
    auth.refresh()
    heir = auth.identify(token("Desk"))
    assert heir is not None
    new_key(path)
    auth.refresh()
    assert not auth.holds(heir)
    assert auth.holds(other)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[str] = []
    read = Keys.read

    def slow(where: Path) -> Keys:
        found = read(where)
        if not added:
            added.append("")  # new_key reads the file, too
            added.append(new_key(path))
        return found

    with editing(path):
        pass
    (tmp_path / "secret").write_bytes(b"0123456789abcdef0123456789abcdef")
    verifier = TokenVerifier(tmp_path / "secret", "ticker")
    (tmp_path / "secret").write_bytes(b"another secret, and as long as it has to be")
    monkeypatch.setattr(Keys, "read", lambda where, **more: read(where, **more) if more else slow(where))
    auth = Authenticator(path, verifier)
    monkeypatch.undo()
    assert auth.identify(added[1]) is None
    auth.refresh()
    assert auth.identify(added[1]) is not None
    claims = {"sub": "ann", "aud": "ticker", "exp": int(time.time()) + 60}
    assert auth.identify(jwt.encode(claims, (tmp_path / "secret").read_bytes(), "HS256")) is not None


def test_a_forged_session_is_refused(path: Path) -> None:
    secret = new_key(path)
    auth, another = Authenticator(path), Authenticator(path)
    identity = auth.identify(secret)
    assert identity is not None
    cookie, _ = auth.seal(secret, identity)
    body, signature = cookie.split(".")
    for forged in (
        *("", ".", "x", f"{body}.", f".{signature}", f"{body}.{signature[:-2]}", f"A{body}.{signature}", "é.é"),
        another.seal(secret, identity)[0],
    ):
        assert auth.unseal(forged) is None

"""Who is let in, and how long; without a server."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import jwt
import pytest

from ticker.entitlements import EVERYTHING, Entitlements
from ticker.keys import add, editing, revoke
from ticker.server.attempts import Attempts
from ticker.server.auth import SESSION_S, Authenticator
from ticker.server.identity import ANYONE
from ticker.server.tokens import TokenVerifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def new_key(path: Path, name: str = "desk", may: Entitlements | None = None, expires: int | None = None) -> str:
    with editing(path) as keys:
        return add(keys, name, may or Entitlements(), expires=expires)[1]


def test_nobody_is_asked_where_there_is_nothing_to_ask_for() -> None:
    auth = Authenticator()
    assert auth.open
    assert auth.holds(ANYONE)
    assert ANYONE.may == EVERYTHING


def test_a_key_that_is_revoked_or_changed_holds_no_more(path: Path) -> None:
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


def test_a_broken_file_leaves_what_was_known(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = new_key(path)
    auth = Authenticator(path)
    path.write_text("{")
    auth.refresh()
    assert auth.identify(secret) is not None
    assert "what was known before holds" in caplog.text
    path.unlink()
    auth.refresh()
    assert auth.identify(secret) is not None


def test_a_session_is_the_keys_and_ends_with_it(path: Path) -> None:
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


def test_a_session_of_a_token_ends_before_a_token_that_holds_longer(path: Path) -> None:
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


def test_a_session_can_not_be_made_up(path: Path) -> None:
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


async def test_wrong_keys_are_answered_late_and_then_not_at_all() -> None:
    """From one address; another isn't the worse for it."""
    attempts = Attempts(2, 60, late_s=0.05)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await asyncio.gather(*(attempts.wrong("203.0.113.7") for _ in range(4))) == [True, True, False, False]
    assert loop.time() - began_s >= 0.05
    assert await attempts.wrong("203.0.113.8")
    assert attempts.retry_after_s == 1

"""Sessions of browsers: valid until they expire or are logged out, and what is kept of the latter."""

from __future__ import annotations

import pytest

from ticker.auth import sessions
from ticker.auth.sessions import SESSION_S, Session, Sessions


class _Clock:
    def __init__(self) -> None:
        self.s = 1_700_000_000.0

    def __call__(self) -> int:
        return int(self.s * 1e9)


def begun(store: Sessions, subject: str = "id") -> Session:
    session = store.unseal(store.seal("k", subject, None)[0])
    assert session is not None
    return session


def test_a_cookie_has_what_was_sealed_until_it_expires() -> None:
    clock = _Clock()
    store = Sessions(clock)
    cookie, expires_s = store.seal("t", "a:token:with:colons", None)
    session = store.unseal(cookie)
    assert session is not None
    assert (session.kind, session.subject, session.expires_s) == ("t", "a:token:with:colons", int(expires_s))
    assert expires_s == clock.s + SESSION_S
    assert store.seal("k", "id", clock.s + 5)[1] == clock.s + 5
    clock.s += SESSION_S
    assert store.unseal(cookie) is None


def test_a_session_that_was_logged_out_has_ended_and_the_others_have_not() -> None:
    store = Sessions(_Clock())
    one, two = begun(store), begun(store)
    store.log_out("desk", one)
    store.log_out("desk", one)
    assert [store.ended("desk", each.began_ns) for each in (one, two)] == [True, False]
    assert not store.ended("other", one.began_ns)
    assert len(store) == 1


def test_logging_out_everywhere_ends_all_present_sessions_of_the_owner() -> None:
    """Later ones are valid, also if the clock was set back."""
    clock = _Clock()
    store = Sessions(clock)
    before, other = [begun(store) for _ in range(3)], begun(store)
    store.log_out("desk", before[0])
    store.log_out_everywhere("desk")
    clock.s -= 3_600
    after = begun(store)
    assert [store.ended("desk", each.began_ns) for each in (*before, after)] == [True, True, True, False]
    assert not store.ended("ann", other.began_ns)
    assert len(store) == 1


def test_what_is_kept_is_bounded_for_one_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that logs in and out endlessly ends its other sessions, and no one else's."""
    monkeypatch.setattr(sessions, "MAX_LOGGED_OUT", 10)
    store = Sessions(_Clock())
    ann, kept = begun(store), begun(store)
    store.log_out("ann", ann)
    ended = [begun(store) for _ in range(1_000)]
    for each in ended:
        store.log_out("desk", each)
        assert len(store) <= 10
    assert all(store.ended("desk", each.began_ns) for each in (kept, *ended))
    assert store.ended("ann", ann.began_ns)
    assert not store.ended("ann", kept.began_ns)


def test_what_is_kept_is_bounded_for_many_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then all present sessions end: a session that was logged out never becomes valid again."""
    monkeypatch.setattr(sessions, "MAX_LOGGED_OUT", 10)
    store = Sessions(_Clock())
    ended = [begun(store) for _ in range(1_000)]
    for number, each in enumerate(ended):
        store.log_out(f"owner {number}", each)
        assert len(store) <= 10
    assert all(store.ended(f"owner {number}", each.began_ns) for number, each in enumerate(ended))
    assert not store.ended("desk", begun(store).began_ns)


def test_what_has_expired_is_forgotten_before_a_session_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_LOGGED_OUT", 10)
    clock = _Clock()
    store = Sessions(clock)
    for _ in range(9):
        store.log_out("desk", begun(store))
    store.log_out_everywhere("ann")
    clock.s += SESSION_S + 1
    stays, goes = begun(store), begun(store)
    store.log_out("desk", goes)
    assert len(store) == 1
    assert [store.ended("desk", each.began_ns) for each in (goes, stays)] == [True, False]

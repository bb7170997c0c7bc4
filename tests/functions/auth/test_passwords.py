"""Another password: what ends with the old one, and what may happen meanwhile."""

import pytest

from shared.auth.links import InvalidLink
from shared.auth.model import Blocked, WrongCredentials
from shared.auth.use_cases import REFRESH_COOKIE
from shared.kernel.errors import LoginRequired, RateLimited, Unavailable
from tests.functions.auth.world import PASSWORD, caller_of, cookie, meanwhile


def test_changing_the_password_ends_the_other_sessions_alone(auth, ada):
    bob, other = auth.register("bob@example.org"), auth.log_in()
    auth.change_password(caller_of(other), PASSWORD, "another horse")
    assert auth.is_out(ada)
    assert not auth.is_out(other)
    assert not auth.is_out(bob)
    with pytest.raises(LoginRequired):
        auth.refresh(cookie(ada, REFRESH_COOKIE))
    auth.refresh(cookie(other, REFRESH_COOKIE))
    auth.log_in("another horse")
    with pytest.raises(WrongCredentials):
        auth.log_in(PASSWORD)


def test_more_sessions_than_one_list_shows_end_all(auth, ada):
    logins = [ada, *(auth.log_in() for _ in range(230))]
    auth.change_password(caller_of(logins[7]), PASSWORD, "another horse")
    assert [auth.is_out(login) for login in logins].index(False) == 7
    assert sum(auth.is_out(login) for login in logins) == 230


def test_a_wrong_present_password_changes_and_ends_nothing(auth, ada):
    other, before = auth.log_in(), auth.user()
    with pytest.raises(WrongCredentials):
        auth.change_password(caller_of(other), "wrong", "another horse")
    assert auth.user() == before
    assert not auth.is_out(ada)


def test_guessing_the_present_password_is_throttled_over_both_calls(auth, ada):
    caller = caller_of(ada)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            auth.change_password(caller, "wrong", "another horse")
        with pytest.raises(WrongCredentials):
            auth.delete(caller, "wrong")
    with pytest.raises(RateLimited):
        auth.change_password(caller, PASSWORD, "another horse")
    with pytest.raises(RateLimited):
        auth.delete(caller)


def test_a_change_of_name_meanwhile_does_not_lose_the_password(auth, ada, monkeypatch):
    renamed = auth.user().changed(name="Ada King")
    meanwhile(monkeypatch, auth.users, "save", lambda: auth.users.save(renamed))
    auth.change_password(caller_of(ada), PASSWORD, "another horse")
    assert auth.user().name == "Ada King"
    auth.log_in("another horse")


def test_a_reset_meanwhile_is_not_undone_by_the_old_password(auth, ada, monkeypatch):
    auth.forget_password()
    token = auth.mailed()
    meanwhile(monkeypatch, auth.users, "save", lambda: auth.reset(token, "owner's own"))
    with pytest.raises(WrongCredentials):
        auth.change_password(caller_of(ada), PASSWORD, "the thief's")
    auth.log_in("owner's own")
    changed = auth.user().changed(password_hash="hash of a third")
    meanwhile(monkeypatch, auth.users, "delete", lambda: auth.users.save(changed))
    with pytest.raises(WrongCredentials):
        auth.delete(caller_of(ada), "owner's own")
    assert auth.user() == changed


def test_a_login_with_the_old_password_meanwhile_is_ended(auth, ada, monkeypatch):
    """One that was checked before and is stored after the sessions are ended finds it out."""
    changed = auth.user().changed(password_hash="hash of another horse")
    meanwhile(monkeypatch, auth.sessions, "add", lambda: auth.users.save(changed))
    with pytest.raises(WrongCredentials):
        auth.log_in(PASSWORD)
    assert len(auth.sessions.of_user(auth.user().id)) == 1


def test_a_login_of_somebody_blocked_meanwhile_is_ended(auth, ada, monkeypatch):
    blocked = auth.user().changed(blocked=True)
    meanwhile(monkeypatch, auth.sessions, "add", lambda: auth.users.save(blocked))
    with pytest.raises(Blocked):
        auth.log_in()
    assert len(auth.sessions.of_user(blocked.id)) == 1


def test_a_login_between_ending_sessions_and_the_new_password_is_ended(auth, ada, monkeypatch):
    logins = []
    meanwhile(monkeypatch, auth.users, "save", lambda: logins.append(auth.log_in()))
    auth.change_password(caller_of(ada), PASSWORD, "another horse")
    assert auth.is_out(logins[0])


def test_while_tokens_cannot_be_voided_nothing_changes_and_asking_again_works(auth, monkeypatch):
    first, second = auth.register(), auth.log_in()
    auth.forget_password()
    token, before = auth.mailed(), auth.user()

    def is_down(*_):
        raise Unavailable("down")

    with monkeypatch.context() as outage:
        outage.setattr(auth.revocations, "revoke_session", is_down)
        for call in (
            lambda: auth.change_password(caller_of(second), PASSWORD, "another horse"),
            lambda: auth.reset(token),
            lambda: auth.delete(caller_of(second)),
        ):
            with pytest.raises(Unavailable):
                call()
    assert auth.user() == before
    auth.reset(token)
    assert auth.is_out(first)
    assert auth.is_out(second)


def test_a_reset_sets_the_password_once_and_ends_all_sessions(auth, ada):
    other = auth.log_in()
    auth.forget_password(" ADA@Example.org ")
    auth.reset(auth.mailed(), "another horse")
    assert auth.is_out(ada)
    assert auth.is_out(other)
    auth.log_in("another horse")
    with pytest.raises(WrongCredentials):
        auth.log_in(PASSWORD)
    later = auth.log_in("another horse")
    with pytest.raises(InvalidLink):
        auth.reset(auth.mailed(), "a third horse")
    assert not auth.is_out(later)
    auth.log_in("another horse")


def test_who_logs_in_right_after_the_reset_stays_logged_in(auth, ada):
    auth.forget_password()
    auth.reset(auth.mailed(), "another horse")
    assert not auth.is_out(auth.log_in("another horse"))


@pytest.mark.parametrize("step", ["rotate", "revoke"])
def test_a_session_that_rotates_while_the_password_is_reset_is_ended(auth, ada, monkeypatch, step):
    """Whichever comes first: the rotation's new tokens are void, too."""
    auth.forget_password()
    token, renewed = cookie(ada, REFRESH_COOKIE), []
    if step == "rotate":
        meanwhile(monkeypatch, auth.sessions, "rotate", lambda: auth.reset(auth.mailed()))
        renewed.append(auth.refresh(token))
    else:
        meanwhile(monkeypatch, auth.sessions, "revoke", lambda: renewed.append(auth.refresh(token)))
        auth.reset(auth.mailed())
    assert auth.is_out(renewed[0])
    with pytest.raises(LoginRequired):
        auth.refresh(cookie(renewed[0], REFRESH_COOKIE))

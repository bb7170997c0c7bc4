"""An account that is deleted by its owner."""

import pytest

from shared.auth.model import WrongCredentials
from shared.auth.use_cases import REFRESH_COOKIE
from shared.kernel.errors import LoginRequired
from tests.functions.auth.world import caller_of, cookie, meanwhile


def test_leaving_ends_all_sessions_and_forgets_everything_kept(auth, ada):
    bob, other = auth.register("bob@example.org"), auth.log_in()
    reply = auth.delete(caller_of(other))
    assert {item.max_age_seconds for item in reply.cookies} == {0}
    assert auth.is_out(ada)
    assert auth.is_out(other)
    user_id = caller_of(ada).user_id
    assert auth.users.get(user_id) is None
    assert auth.sessions.every_of_user(user_id) == []
    assert {link.user_id for link in auth.links.by_id.values()} == {caller_of(bob).user_id}
    for login in (ada, other):
        with pytest.raises(LoginRequired):
            auth.refresh(cookie(login, REFRESH_COOKIE))
    assert not auth.is_out(bob)
    auth.register()


def test_leaving_needs_the_own_password(auth, ada):
    with pytest.raises(WrongCredentials):
        auth.delete(caller_of(ada), "wrong")
    assert not auth.is_out(ada)
    auth.log_in()


def test_a_login_while_leaving_is_ended(auth, ada, monkeypatch):
    logins = []
    meanwhile(monkeypatch, auth.users, "delete", lambda: logins.append(auth.log_in()))
    auth.delete(caller_of(ada))
    assert auth.is_out(logins[0])


def test_a_change_of_name_meanwhile_does_not_stop_leaving(auth, ada, monkeypatch):
    renamed = auth.user().changed(name="Ada King")
    meanwhile(monkeypatch, auth.users, "delete", lambda: auth.users.save(renamed))
    auth.delete(caller_of(ada))
    assert auth.users.get(renamed.id) is None

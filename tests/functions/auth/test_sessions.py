from datetime import timedelta

import pytest

from functions.auth.get_profile import get_profile
from functions.auth.log_out import log_out
from shared.auth.model import EmailTaken, TokenReused, WrongCredentials
from shared.auth.tokens import VerifiedTokens, VerifierSettings
from shared.auth.use_cases import ACCESS_COOKIE, REFRESH_COOKIE
from shared.kernel.errors import LoginRequired, RateLimited
from shared.runtime.identity import Caller
from tests.functions.auth.world import PUBLIC, cookie


def test_registering_logs_in_and_shows_no_hash(auth):
    reply = auth.register()
    assert reply.value.user.role == "user"
    assert not hasattr(reply.value.user, "password_hash")
    verified = VerifiedTokens(VerifierSettings(PUBLIC, "22" * 32)).read_access_token(
        cookie(reply, ACCESS_COOKIE)
    )
    assert verified is not None
    caller, _ = verified
    assert caller.user_id == reply.value.user.id
    assert get_profile(caller, auth.users).user == reply.value.user


def test_an_email_registers_once_whatever_its_case(auth):
    auth.register()
    with pytest.raises(EmailTaken):
        auth.register(email="Ada@Example.org")


def test_no_email_makes_an_administrator(auth):
    assert auth.register(email="admin@admin.com").value.user.role == "user"


def test_a_wrong_password_is_refused_and_the_eleventh_try_is_throttled(auth):
    auth.register()
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            auth.log_in("wrong")
    with pytest.raises(RateLimited):
        auth.log_in()


def test_refreshing_rotates_the_token(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    second = cookie(auth.refresh(first), REFRESH_COOKIE)
    assert second != first
    assert cookie(auth.refresh(second), REFRESH_COOKIE) not in {first, second}


def test_two_tabs_within_the_grace_get_the_same_token(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    one = cookie(auth.refresh(first), REFRESH_COOKIE)
    auth.clock.time += timedelta(seconds=9)
    assert cookie(auth.refresh(first), REFRESH_COOKIE) == one


def test_a_token_reused_after_the_grace_ends_the_session(auth):
    first = cookie(auth.register(), REFRESH_COOKIE)
    second = cookie(auth.refresh(first), REFRESH_COOKIE)
    auth.clock.time += timedelta(seconds=11)
    with pytest.raises(TokenReused):
        auth.refresh(first)
    with pytest.raises(LoginRequired):
        auth.refresh(second)
    assert auth.revocations.sessions == set(auth.sessions.by_id)


@pytest.mark.parametrize("token", ["", "x", "a.1.00", "a.b.c.d"])
def test_a_forged_refresh_token_is_refused(auth, token):
    auth.register()
    with pytest.raises(LoginRequired):
        auth.refresh(token)


def test_logging_out_ends_refreshing_and_the_access_token(auth):
    token = cookie(auth.register(), REFRESH_COOKIE)
    (session_id,) = auth.sessions.by_id
    user_id = auth.sessions.by_id[session_id].user_id
    caller = Caller(user_id=user_id, role="user", session_id=session_id)
    log_out(caller, auth.sessions, auth.revocations)
    assert auth.revocations.sessions == {session_id}
    with pytest.raises(LoginRequired):
        auth.refresh(token)

"""Requests about one account at the same time, on the fakes and on the real adapters."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.auth.links import InvalidLink
from shared.auth.model import WrongCredentials
from shared.auth.mongo import INDEXES, MongoSessions, MongoUsers
from shared.auth.mongo_links import INDEXES as LINK_INDEXES
from shared.auth.mongo_links import MongoLinks
from shared.auth.redis import RedisRevocations
from shared.auth.use_cases import REFRESH_COOKIE
from shared.contracts.auth import link_token
from shared.kernel.errors import LoginRequired, Refusal
from tests.functions.auth.world import LINK_KEY, NOW, PASSWORD, Auth, caller_of, cookie

TOGETHER = 8


@pytest.fixture
def real(mongo, sink, redis_settings):
    for index in (*INDEXES, *LINK_INDEXES):
        index.create(mongo)
    adapters: dict[str, Any] = {
        "users": MongoUsers(mongo, sink.settings),
        "sessions": MongoSessions(mongo),
        "links": MongoLinks(mongo, sink.settings),
        "revocations": RedisRevocations(redis_settings),
    }
    return Auth(**adapters)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
def auth(request):
    return Auth() if request.param == "fake" else request.getfixturevalue("real")


@pytest.fixture
def ada(auth):
    """Her first login."""
    return auth.register()


def at_once(*calls: Callable[[], object]) -> list[Refusal | None]:
    """What each of the calls was refused with."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(refusal_of, calls))


def refusal_of(call: Callable[[], object]) -> Refusal | None:
    try:
        call()
    except Refusal as refusal:
        return refusal
    return None


def reset_token(auth: Auth) -> str:
    auth.forget_password()
    link = auth.links.newest(auth.user().id, "reset_password")
    assert link is not None
    return link_token(LINK_KEY, link.id)


def test_of_many_resets_with_one_link_one_wins(auth, ada):
    token = reset_token(auth)
    words = [f"horse number {number}" for number in range(TOGETHER)]
    refused = at_once(*[lambda word=word: auth.reset(token, word) for word in words])
    assert [type(one) for one in refused if one] == [InvalidLink] * (TOGETHER - 1)
    assert auth.user().password_hash == auth.passwords.hash(words[refused.index(None)])
    assert auth.is_out(ada)


def test_sessions_that_rotate_during_a_reset_are_ended(auth, ada):
    logins = [ada, *(auth.log_in() for _ in range(TOGETHER - 1))]
    token, renewed = reset_token(auth), []
    renewals = [
        lambda login=login: renewed.append(auth.refresh(cookie(login, REFRESH_COOKIE)))
        for login in logins
    ]
    refused = at_once(*renewals, lambda: auth.reset(token))
    assert refused[-1] is None
    for login in (*logins, *renewed):
        assert auth.is_out(login)
        with pytest.raises(LoginRequired):
            auth.refresh(cookie(login, REFRESH_COOKIE))


def test_no_login_with_the_old_password_outlives_a_reset(auth, ada):
    token, logins = reset_token(auth), [ada]
    tries = [lambda: logins.append(auth.log_in(PASSWORD)) for _ in range(TOGETHER)]
    refused = at_once(*tries[:4], lambda: auth.reset(token), *tries[4:])
    assert refused.pop(4) is None
    assert {type(one) for one in refused if one} <= {WrongCredentials}
    assert all(auth.is_out(login) for login in logins)
    assert auth.sessions.of_user(auth.user().id) == []


def test_of_a_change_and_a_reset_at_once_the_reset_holds(auth, ada):
    token, caller = reset_token(auth), caller_of(ada)
    refused = at_once(
        lambda: auth.reset(token, "the owner's own"),
        lambda: auth.change_password(caller, PASSWORD, "the thief's"),
    )
    assert refused[0] is None
    assert auth.user().password_hash == auth.passwords.hash("the owner's own")
    assert auth.is_out(ada)


def test_of_many_departures_at_once_nothing_is_left(auth, ada):
    user_id = caller_of(ada).user
    logins = [ada, *(auth.log_in() for _ in range(3))]
    refused = at_once(*[lambda login=login: auth.delete(caller_of(login)) for login in logins])
    assert refused.count(None) == 1
    assert auth.users.get(user_id) is None
    assert auth.sessions.every_of_user(user_id) == []
    assert auth.links.newest(user_id, "verify_email") is None
    issued_at = int(NOW.timestamp())
    assert all(auth.revocations.is_revoked(caller_of(one), issued_at) for one in logins)


def test_many_verifications_at_once_are_one_change(auth, ada):
    user = auth.user()
    link = auth.links.newest(user.id, "verify_email")
    token = link_token(LINK_KEY, link.id)
    assert at_once(*[lambda: auth.verify(token)] * TOGETHER) == [None] * TOGETHER
    assert (auth.user().email_verified, auth.user().version) == (True, user.version + 1)

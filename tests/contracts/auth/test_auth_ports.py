"""One suite for auth's ports, fakes and real adapters."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.auth.model import EmailTaken, Session, User
from shared.auth.mongo import INDEXES, MongoSessions, MongoUsers
from shared.auth.passwords import Argon2Passwords
from shared.auth.redis import RedisRevocations, RedisThrottle
from shared.kernel.errors import RateLimited, Unavailable
from shared.kernel.ids import SessionId, UserId, new_id
from shared.runtime.identity import Caller
from shared.runtime.problem import as_refusal
from shared.runtime.redis import OUTAGES
from shared.runtime.settings import RedisSettings
from tests.fakes.auth import (
    FakePasswords,
    FakeRevocations,
    FakeSessions,
    FakeThrottle,
    FakeUsers,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOTH = ["fake", pytest.param("real", marks=pytest.mark.engines)]


@pytest.fixture(params=BOTH)
def users(request):
    if request.param == "fake":
        return FakeUsers()
    mongo, sink = request.getfixturevalue("mongo"), request.getfixturevalue("sink")
    for index in INDEXES:
        index.create(mongo)
    return MongoUsers(mongo, sink.settings)


@pytest.fixture(params=BOTH)
def sessions(request):
    return (
        FakeSessions()
        if request.param == "fake"
        else MongoSessions(request.getfixturevalue("mongo"))
    )


@pytest.fixture(params=BOTH)
def revocations(request):
    if request.param == "fake":
        return FakeRevocations()
    return RedisRevocations(request.getfixturevalue("redis_settings"))


@pytest.fixture(params=BOTH)
def throttle(request):
    if request.param == "fake":
        return FakeThrottle()
    return RedisThrottle(request.getfixturevalue("redis_settings"))


@pytest.fixture(params=["fake", "real"])
def passwords(request):
    return FakePasswords() if request.param == "fake" else Argon2Passwords()


def a_user(**changes):
    user = User(
        id=UserId(new_id()),
        email=f"{new_id()}@example.com",
        name="Ann",
        password_hash="hash",
        created_at=NOW,
    )
    return replace(user, **changes)


def a_session(**changes):
    session = Session(
        id=SessionId(new_id()),
        user_id=UserId("ann"),
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + timedelta(days=7),
        user_agent="test",
    )
    return replace(session, **changes)


def test_a_stored_user_is_found_by_id_and_email(users):
    user = a_user()
    users.add(user)
    assert users.get(user.id) == users.by_email(user.email) == user


def test_an_email_is_taken_once(users):
    users.add(a_user(email="a@example.com"))
    with pytest.raises(EmailTaken):
        users.add(a_user(email="a@example.com"))


def test_the_first_of_two_changes_wins(users):
    user = a_user()
    users.add(user)
    assert users.save(user.changed(name="Bea"))
    assert not users.save(user.changed(name="Cal"))
    assert users.get(user.id).name == "Bea"


def test_a_deleted_user_is_gone_and_the_email_free(users):
    user = a_user()
    users.add(user)
    assert users.delete(user)
    assert users.get(user.id) is None
    assert users.by_email(user.email) is None
    users.add(a_user(email=user.email))


def test_a_user_changed_meanwhile_is_neither_deleted_nor_brought_back(users):
    user = a_user()
    users.add(user)
    changed = user.changed(name="Bea")
    users.save(changed)
    assert not users.delete(user)
    assert users.get(user.id) == changed
    assert users.delete(changed)
    assert not users.save(changed.changed(name="Cal"))
    assert not users.delete(changed)
    assert users.get(user.id) is None


def test_a_refresh_token_rotates_once_under_races(sessions):
    session = a_session()
    sessions.add(session)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: sessions.rotate(session, NOW), range(8)))
    stored = sessions.get(session.id)
    assert (sum(won), stored.generation) == (1, 2)
    assert [one.generation for one in stored.rotations] == [1]


def test_a_revoked_session_neither_rotates_nor_lists(sessions):
    session = a_session()
    sessions.add(session)
    sessions.revoke(session.id)
    assert sessions.get(session.id).is_revoked
    assert not sessions.rotate(session, NOW)
    assert sessions.of_user(session.user_id) == []


def test_sessions_list_newest_first(sessions):
    old, new = a_session(), a_session(created_at=NOW + timedelta(hours=1))
    for session in (old, new, a_session(user_id=UserId("bob"))):
        sessions.add(session)
    assert [one.id for one in sessions.of_user(UserId("ann"))] == [new.id, old.id]


def test_ended_sessions_hide_no_older_live_one(sessions):
    live = a_session()
    sessions.add(live)
    for minute in range(1, 121):
        ended = a_session(created_at=NOW + timedelta(minutes=minute))
        sessions.add(ended)
        sessions.revoke(ended.id)
    assert sessions.of_user(live.user_id) == [live]
    assert len(sessions.every_of_user(live.user_id)) == 121
    assert sessions.every_of_user(live.user_id)[-1] == live


def test_a_list_of_sessions_is_of_at_most_a_hundred(sessions):
    for _ in range(101):
        sessions.add(a_session())
    assert len(sessions.of_user(UserId("ann"))) == 100


def test_the_sessions_of_one_user_are_forgotten(sessions):
    mine, foreign = a_session(), a_session(user_id=UserId("bob"))
    for session in (mine, foreign):
        sessions.add(session)
    sessions.forget(mine.user_id)
    assert sessions.get(mine.id) is None
    assert sessions.get(foreign.id) == foreign


def test_expired_sessions_are_forgotten(sessions):
    session = a_session()
    sessions.add(session)
    assert sessions.delete_expired(NOW + timedelta(days=8)) == 1
    assert sessions.get(session.id) is None


def test_revoking_ends_a_session_or_all_of_a_user(revocations):
    ann = Caller(user_id=UserId("ann"), session_id=SessionId("s1"))
    issued = int(NOW.timestamp())
    assert not revocations.is_revoked(ann, issued)
    revocations.revoke_user(UserId("ann"), NOW)
    assert revocations.is_revoked(ann, issued)
    assert not revocations.is_revoked(ann, issued + 1)
    revocations.revoke_session(SessionId("s1"))
    assert revocations.is_revoked(ann, issued + 1)
    assert not revocations.is_revoked(Caller(user_id=UserId("bob"), session_id=None), issued)


def test_too_many_calls_in_a_window_are_refused(throttle):
    for _ in range(3):
        throttle.check("k", 3, 60)
    with pytest.raises(RateLimited) as refusal:
        throttle.check("k", 3, 60)
    assert 0 < refusal.value.retry_after_seconds <= 60
    throttle.check("other", 3, 60)


def test_failures_count_until_a_success(throttle):
    for _ in range(3):
        throttle.refuse_after("k", 3)
        throttle.note_failure("k", 60)
    with pytest.raises(RateLimited):
        throttle.refuse_after("k", 3)
    throttle.forget("k")
    throttle.refuse_after("k", 3)


def test_a_password_matches_its_own_hash_alone(passwords):
    hashed = passwords.hash("correct horse")
    assert passwords.matches(hashed, "correct horse")
    assert not passwords.matches(hashed, "wrong")
    assert not passwords.matches(None, "correct horse")


@pytest.mark.engines
def test_an_event_is_published_once_the_broker_is_back(mongo, sink):
    users = MongoUsers(mongo, sink.settings)
    sink.is_down = True
    user = a_user()
    users.add(user)
    assert sink.topics == []
    sink.is_down = False
    assert users.save(user.changed(name="Bea"))
    assert "user-updated" in sink.topics


def test_redis_that_is_away_is_an_outage():
    throttle = RedisThrottle(RedisSettings("redis://127.0.0.1:1/0"))
    with pytest.raises(OUTAGES) as failure:
        throttle.check("k", 1, 1)
    assert isinstance(as_refusal(failure.value), Unavailable)

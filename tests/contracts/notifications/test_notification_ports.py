"""One suite for the notifications' ports, fakes and real adapters."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.auth.redis import RedisRevocations
from shared.kernel.ids import NotificationId, SessionId, UserId
from shared.notifications.model import News, Notification
from shared.notifications.mongo import INDEXES, MongoInboxes
from shared.notifications.ports import Ended
from shared.notifications.redis import RedisFeed
from shared.runtime.identity import Caller
from tests.fakes.notifications import FakeFeed, FakeInboxes

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOTH = ["fake", pytest.param("real", marks=pytest.mark.engines)]
ANN, BOB = UserId("ann"), UserId("bob")


@pytest.fixture(params=BOTH)
def inboxes(request):
    if request.param == "fake":
        return FakeInboxes()
    mongo = request.getfixturevalue("mongo")
    for index in INDEXES:
        index.create(mongo)
    return MongoInboxes(mongo)


@pytest.fixture
def redis_feed(redis_settings):
    feed = RedisFeed(redis_settings)
    yield feed
    if listener := feed._listener:
        listener.join(10)


@pytest.fixture(params=BOTH)
def feed(request):
    return FakeFeed() if request.param == "fake" else request.getfixturevalue("redis_feed")


def news(key, user_id=ANN):
    return News(key=key, user_id=user_id, type="order_paid", payload={"order_id": key})


def caller(user_id, session_id="s1"):
    return Caller(user_id=user_id, session_id=SessionId(session_id))


def a_notification(sequence):
    return Notification(
        id=NotificationId(f"n{sequence}"),
        sequence=sequence,
        type="order_paid",
        created_at=NOW,
        payload={"order_id": "o1"},
    )


def test_a_key_is_stored_once(inboxes):
    first = inboxes.add(ANN, news("k"), NOW)
    again = inboxes.add(ANN, news("k"), NOW + timedelta(hours=1))
    assert (again, first.sequence) == (first, 1)


def test_sequences_have_no_gaps_and_no_twins_under_races(inboxes):
    if isinstance(inboxes, FakeInboxes):
        numbers = [inboxes.add(ANN, news(f"k{n}"), NOW).sequence for n in range(30)]
    else:
        with ThreadPoolExecutor(6) as pool:
            stored = list(pool.map(lambda n: inboxes.add(ANN, news(f"k{n}"), NOW), range(30)))
        numbers = [one.sequence for one in stored]
    assert sorted(number or 0 for number in numbers) == list(range(1, 31))
    assert inboxes.newest_sequence(ANN) == 30


def test_people_have_inboxes_of_their_own(inboxes):
    inboxes.add(ANN, news("k"), NOW)
    assert inboxes.newest_sequence(BOB) == 0
    assert inboxes.add(BOB, news("k", BOB), NOW).sequence == 1
    assert inboxes.page(BOB, 1, 10).total == 1


def test_what_came_after_a_sequence_comes_in_order(inboxes):
    for number in range(5):
        inboxes.add(ANN, news(f"k{number}"), NOW)
    assert [one.sequence for one in inboxes.after(ANN, 1, 3)] == [2, 3, 4]
    assert inboxes.after(ANN, 5, 3) == []


def test_pages_are_newest_first_and_say_what_is_read(inboxes):
    for number in range(3):
        inboxes.add(ANN, news(f"k{number}"), NOW)
    assert inboxes.mark_read(ANN, 2) == 1
    assert inboxes.mark_read(ANN, 1) == 1
    page = inboxes.page(ANN, 1, 2)
    assert [(one.sequence, one.read) for one in page.items] == [(3, False), (2, True)]
    assert (page.total, page.unread) == (3, 1)


def test_forgetting_keeps_the_newest(inboxes):
    for number in range(3):
        inboxes.add(ANN, news(f"k{number}"), NOW)
    assert inboxes.forget_before(NOW + timedelta(seconds=1)) == 2
    assert inboxes.add(ANN, news("later"), NOW).sequence == 4


def test_a_message_reaches_its_owner_alone(feed):
    with feed.subscribe(caller(ANN)) as ann, feed.subscribe(caller(BOB)) as bob:
        feed.publish(ANN, a_notification(1))
        feed.publish(None, a_notification(2))
        assert [ann.next(5).sequence, ann.next(5).sequence] == [1, 2]
        assert bob.next(5).sequence == 2
        assert bob.next(0.05) is None


@pytest.mark.engines
def test_a_revoked_session_ends_its_subscription(redis_feed, redis_settings):
    feed, revocations = redis_feed, RedisRevocations(redis_settings)
    with feed.subscribe(caller(ANN, "s1")) as first, feed.subscribe(caller(ANN, "s2")) as second:
        revocations.revoke_session(SessionId("s1"))
        with pytest.raises(Ended):
            first.next(5)
        assert second.next(0.05) is None
        revocations.revoke_user(ANN, NOW)
        with pytest.raises(Ended):
            second.next(5)
    with pytest.raises(Ended), feed.subscribe(caller(ANN, "s1")):
        pass

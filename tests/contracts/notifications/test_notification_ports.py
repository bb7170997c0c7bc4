"""One suite for the notifications' ports, fakes and real adapters."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.auth.redis import RedisRevocations
from shared.contracts.auth import UserState
from shared.kernel.ids import NotificationId, SessionId, UserId
from shared.notifications.model import MAILS_KEPT_FOR, Mail, News, Notification
from shared.notifications.mongo import INDEXES, MongoInboxes, MongoMails, MongoRecipients
from shared.notifications.ports import Ended
from shared.notifications.redis import RedisFeed
from shared.runtime.identity import Caller
from shared.runtime.mongo import collection
from tests.fakes.notifications import FakeFeed, FakeInboxes, FakeMails, FakeRecipients

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOTH = ["fake", pytest.param("real", marks=pytest.mark.engines)]
ANN, BOB = UserId("ann"), UserId("bob")


@pytest.fixture
def indexed(mongo):
    """A database with the declared indexes."""
    for index in INDEXES:
        index.create(mongo)
    return mongo


@pytest.fixture(params=BOTH)
def inboxes(request):
    if request.param == "fake":
        return FakeInboxes()
    return MongoInboxes(request.getfixturevalue("indexed"))


@pytest.fixture(params=BOTH)
def mails(request):
    return (
        FakeMails() if request.param == "fake" else MongoMails(request.getfixturevalue("indexed"))
    )


@pytest.fixture(params=BOTH)
def recipients(request):
    if request.param == "fake":
        return FakeRecipients()
    return MongoRecipients(request.getfixturevalue("indexed"))


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


def a_mail(mail_id, user_id=ANN, at=NOW, **changes):
    fields = {"id": mail_id, "user_id": user_id, "kind": "order_paid", "state": "sent", "at": at}
    return Mail(**(fields | changes))


def test_a_key_is_stored_once(inboxes):
    first = inboxes.add(ANN, news("k"), NOW)
    again = inboxes.add(ANN, news("k"), NOW + timedelta(hours=1))
    assert (again, first.sequence) == (first, 1)


def test_sequences_have_no_gaps_and_no_twins_under_races(inboxes):
    threads = 1 if isinstance(inboxes, FakeInboxes) else 6
    with ThreadPoolExecutor(threads) as pool:
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


def test_what_was_stored_is_found_by_its_owner_and_key(inboxes):
    stored = inboxes.add(ANN, news("k"), NOW)
    assert inboxes.find(ANN, "k") == stored
    assert inboxes.find(BOB, "k") is None
    assert inboxes.find(ANN, "other") is None


def test_the_whole_inbox_is_given_oldest_first(inboxes):
    for number in range(3):
        inboxes.add(ANN, news(f"k{number}"), NOW)
    inboxes.add(BOB, news("k", BOB), NOW)
    inboxes.mark_read(ANN, 1)
    assert [(one.sequence, one.read) for one in inboxes.all(ANN)] == [
        (1, True),
        (2, False),
        (3, False),
    ]


def test_what_is_yet_to_come_cannot_be_marked_read(inboxes):
    inboxes.add(ANN, news("k"), NOW)
    assert inboxes.mark_read(ANN, 2**53) == 0
    inboxes.add(ANN, news("later"), NOW)
    assert inboxes.page(ANN, 1, 10).unread == 1


def test_an_erased_inbox_stays_empty(inboxes):
    inboxes.add(ANN, news("k"), NOW)
    inboxes.add(BOB, news("k", BOB), NOW)
    inboxes.mark_read(ANN, 1)
    inboxes.erase(ANN)
    inboxes.erase(ANN)
    assert inboxes.add(ANN, news("k"), NOW) is None
    assert inboxes.add(ANN, news("late"), NOW) is None
    assert inboxes.all(ANN) == []
    assert inboxes.page(ANN, 1, 10).total == 0
    assert len(inboxes.all(BOB)) == 1


def test_nobody_is_read_from_before_they_have_news(inboxes):
    inboxes.erase(ANN)
    assert (inboxes.page(ANN, 1, 10).unread, inboxes.mark_read(ANN, 5)) == (0, 0)


@pytest.mark.engines
def test_news_that_race_with_the_erasure_leave_nothing_behind(indexed):
    """Each hears of the erasure at another moment; none may outlive it."""
    inboxes = MongoInboxes(indexed)

    def add(number):
        return inboxes.add(ANN, news(f"k{number}"), NOW)

    with ThreadPoolExecutor(6) as pool:
        adding = [pool.submit(add, number) for number in range(15)]
        erasing = pool.submit(inboxes.erase, ANN)
        adding += [pool.submit(add, number) for number in range(15, 30)]
        erasing.result(30)
        for one in adding:
            one.result(30)
    assert inboxes.all(ANN) == []


def test_an_event_is_mailed_when_it_is_noted(mails):
    assert not mails.knows("e1")
    mails.add(a_mail("e1"))
    mails.add(a_mail("e1", state="failed", code=550))
    assert mails.knows("e1")
    assert mails.of_user(ANN) == [a_mail("e1")]


def test_mails_are_given_oldest_first_to_their_reader_alone_and_forgotten_alone(mails):
    later = a_mail("e1", at=NOW + timedelta(hours=1), state="failed", code=550)
    mails.add(later)
    mails.add(a_mail("e2"))
    mails.add(a_mail("e3", BOB))
    assert mails.of_user(ANN) == [a_mail("e2"), later]
    mails.erase(ANN)
    assert mails.of_user(ANN) == []
    assert mails.of_user(BOB) == [a_mail("e3", BOB)]


def test_of_a_recipient_the_newest_state_is_kept(recipients):
    ann = UserState(id="ann", email="ann@example.test", name="Ann", version=2)
    assert recipients.get("ann") is None
    assert recipients.keep(ann)
    assert not recipients.keep(replace(ann, email="old@example.test", version=1))
    assert recipients.get("ann") == ann
    gone = UserState(id="ann", deleted=True, version=3)
    assert recipients.keep(gone)
    assert not recipients.keep(ann)
    assert recipients.get("ann") == gone


@pytest.mark.engines
def test_of_a_deleted_recipient_the_database_keeps_no_personal_data(indexed):
    recipients = MongoRecipients(indexed)
    recipients.keep(UserState(id="ann", email="ann@example.test", name="Ann", version=2))
    recipients.keep(UserState(id="ann", deleted=True, version=3))
    (document,) = collection(indexed, "recipients").find()
    assert (document["email"], document["name"]) == ("", "")


@pytest.mark.engines
@pytest.mark.parametrize(
    ("name", "query", "sort"),
    [
        ("notifications", {"user_id": "ann"}, ("sequence", 1)),
        ("notifications", {"_id": "ann:order.paid:o1"}, None),
        ("mails", {"user_id": "ann"}, ("at", 1)),
        ("mails", {"_id": "e1"}, None),
    ],
)
def test_a_query_uses_an_index(indexed, name, query, sort):
    found = collection(indexed, name).find(query)
    plan = (found.sort(*sort) if sort else found).explain()["queryPlanner"]["winningPlan"]
    assert "IXSCAN" in str(plan) or "IDHACK" in str(plan)
    assert "COLLSCAN" not in str(plan)


@pytest.mark.engines
def test_mails_expire(indexed):
    ages = [
        index.get("expireAfterSeconds")
        for index in collection(indexed, "mails").index_information().values()
    ]
    assert MAILS_KEPT_FOR.total_seconds() in ages


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

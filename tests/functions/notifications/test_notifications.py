"""Announcements, the inbox and the WebSocket on fakes."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.notifications.announce_payment import announce_payment
from functions.notifications.announce_product import announce_product
from functions.notifications.list_notifications import list_notifications
from functions.notifications.mark_notifications_read import ReadMark, mark_notifications_read
from functions.notifications.stream_notifications import Resume, stream_notifications
from functions.notifications.sweep_notifications import sweep_notifications
from shared.contracts.event import EventMeta, source_of, topic_of, type_of
from shared.contracts.payments import PaymentFailed, PaymentRefunded
from shared.contracts.products import ProductCreated
from shared.kernel.ids import SessionId, UserId
from shared.kernel.money import Money
from shared.notifications.ports import Ended, Interrupted
from shared.runtime.identity import Caller
from shared.runtime.schema import PageQuery
from tests.fakes.auth import FakeClock
from tests.fakes.notifications import FakeChannel, FakeFeed, FakeInboxes

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ANN = Caller(user_id=UserId("ann"), role="user", session_id=SessionId("s1"))


def meta_of(payload, version=1):
    kind = type(payload)
    return EventMeta(
        id="e1",
        type=type_of(kind),
        topic=topic_of(kind),
        source=source_of(kind),
        subject=payload.id,
        version=version,
        time=NOW,
    )


def a_failure(version=1, user_id="ann"):
    return PaymentFailed(
        id=f"p-{user_id}",
        order_id="o1",
        user_id=user_id,
        status="failed",
        amount=Money(100, "USD"),
        refunded=Money(0, "USD"),
        reason="declined",
        version=version,
    )


@pytest.fixture
def inboxes() -> FakeInboxes:
    return FakeInboxes()


@pytest.fixture
def feed() -> FakeFeed:
    return FakeFeed()


@pytest.fixture
def fail(inboxes, feed):
    def announce(version=1, user_id="ann"):
        payment = a_failure(version, user_id)
        announce_payment(payment, meta_of(payment), inboxes, feed, FakeClock(NOW))

    return announce


def messages(channel: FakeChannel) -> list[dict[str, Any]]:
    return [json.loads(text) for text in channel.sent]


def test_an_event_told_twice_is_one_notification(fail, inboxes, feed):
    fail()
    fail()
    (stored,) = inboxes.after(UserId("ann"), 0, 10)
    assert (stored.type, stored.sequence) == ("payment_failed", 1)
    assert [one.id for _, one in feed.published] == [stored.id, stored.id]


def test_sequences_count_per_person(fail, inboxes):
    fail(1)
    fail(1, "bob")
    fail(2)
    assert [one.sequence for one in inboxes.after(UserId("ann"), 0, 10)] == [1, 2]
    assert [one.sequence for one in inboxes.after(UserId("bob"), 0, 10)] == [1]


def test_a_refund_is_told_apart_from_a_failure(inboxes, feed):
    refund = PaymentRefunded(
        id="p",
        order_id="o1",
        user_id="ann",
        status="refunded",
        amount=Money(100, "USD"),
        refunded=Money(100, "USD"),
        version=3,
    )
    announce_payment(refund, meta_of(refund), inboxes, feed, FakeClock(NOW))
    assert inboxes.after(UserId("ann"), 0, 1)[0].type == "payment_refunded"


def test_a_new_product_is_told_to_everybody_and_not_kept(inboxes, feed):
    product = ProductCreated(
        id="p1", sku="S", title="Ring", category="c", price=Money(1, "USD"), available=1, version=1
    )
    announce_product(product, inboxes, feed, FakeClock(NOW))
    ((user_id, told),) = feed.published
    assert (user_id, told.sequence, inboxes.stored) == (None, None, {})


def test_the_socket_replays_what_is_kept_after_a_sequence(fail, inboxes, feed):
    for version in (1, 2, 3):
        fail(version)
    channel = FakeChannel(wanted=2)
    stream_notifications(channel, Resume(after=1), ANN, inboxes, feed)
    assert [one["sequence"] for one in messages(channel)] == [2, 3]


def test_the_socket_without_a_sequence_sends_only_what_is_new(fail, inboxes, feed):
    fail(1)
    channel = FakeChannel()
    stream_notifications(channel, Resume(), ANN, inboxes, feed)
    assert channel.sent == []


def test_the_socket_sends_each_sequence_once_and_closes_gaps_from_the_store(fail, inboxes, feed):
    class Late(FakeFeed):
        def subscribe(self, caller):
            """While the socket opens, 1 is told twice and 2 is lost before 3."""
            subscription = super().subscribe(caller)

            class Opened:
                def __enter__(self):
                    opened = subscription.__enter__()
                    for version in (1, 2, 3):
                        fail(version)
                    told = [one for _, one in feed.published]
                    for one in (told[0], told[0], told[2]):
                        opened.items.put(one)
                    return opened

                def __exit__(self, *error):
                    return subscription.__exit__(*error)

            return Opened()

    channel = FakeChannel()
    stream_notifications(channel, Resume(after=0), ANN, inboxes, Late())
    assert [one["sequence"] for one in messages(channel)] == [1, 2, 3]


def test_nobody_gets_what_is_not_theirs(fail, inboxes, feed):
    fail(1, "bob")
    channel = FakeChannel()
    stream_notifications(channel, Resume(after=0), ANN, inboxes, feed)
    assert channel.sent == []


@pytest.mark.parametrize(("end", "code"), [(Ended("x"), 4401), (Interrupted("x"), 1012)])
def test_the_socket_closes_with_the_reason(inboxes, feed, end, code):
    class Ending(FakeFeed):
        def subscribe(self, caller):
            raise end

    channel = FakeChannel()
    stream_notifications(channel, Resume(), ANN, inboxes, Ending())
    assert channel.closed == code


def test_the_socket_closes_when_the_session_is_over(inboxes, feed):
    over = Caller(
        user_id=UserId("ann"),
        session_id=SessionId("s1"),
        session_expires_at=int(time.time()) - 1,
    )
    channel = FakeChannel()
    stream_notifications(channel, Resume(), over, inboxes, feed)
    assert channel.closed == 4401


def test_a_client_that_is_gone_ends_the_call(fail, inboxes, feed):
    class Gone(FakeChannel):
        def send(self, text):
            raise ConnectionError("gone")

    fail(1)
    stream_notifications(Gone(), Resume(after=0), ANN, inboxes, feed)
    assert feed.subscriptions == []


def test_the_inbox_says_what_is_read(fail, inboxes):
    for version in (1, 2, 3):
        fail(version)
    assert mark_notifications_read(ReadMark(up_to=2), ANN, inboxes).unread == 1
    assert mark_notifications_read(ReadMark(up_to=1), ANN, inboxes).unread == 1
    page = list_notifications(PageQuery(page_size=2), ANN, inboxes)
    assert [(one.sequence, one.read) for one in page.items] == [(3, False), (2, True)]
    assert (page.total, page.unread) == (3, 1)


def test_forgetting_keeps_the_numbering(fail, inboxes):
    for version in (1, 2, 3):
        fail(version)
    sweep_notifications(inboxes, FakeClock(NOW + timedelta(days=91)))
    assert [one.sequence for one in inboxes.after(UserId("ann"), 0, 9)] == [3]
    fail(4)
    assert inboxes.newest_sequence(UserId("ann")) == 4

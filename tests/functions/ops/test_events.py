"""The event browser on a fake log: filtered, paged, shown without signatures."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.ops.list_events import EventsQuery, list_events
from shared.kernel.errors import Invalid
from shared.kernel.ids import UserId
from shared.ops.browsing import RecordedEvent, published_topics
from shared.ops.kafka import KafkaEventLog
from shared.runtime.identity import Caller
from tests.contracts.events.test_golden_events import PUBLISHED
from tests.fakes.ops import FakeEventLog
from tests.functions.web import call, fill_ports

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ADMIN = Caller(user_id=UserId("root"), role="admin")


def write(log, topic, number, subject="o1", data=b'{"status": "paid"}'):
    attributes = {
        "specversion": "1.0",
        "id": f"e{number}",
        "type": f"popshop.{topic}.v1",
        "source": "/popshop/orders",
        "subject": subject,
        "time": "2026-11-25T12:00:00Z",
        "aggregateversion": str(number),
        "popshopsig": "5ec2e7",
    }
    at = NOW + timedelta(seconds=number)
    log.write(topic, RecordedEvent(attributes=attributes, data=data, recorded_at=at))


@pytest.fixture
def log():
    log = FakeEventLog()
    write(log, "order.paid", 1)
    write(log, "order.shipped", 2)
    write(log, "order.paid", 3, "o2")
    return log


def ids(page):
    return [event["id"] for event in page.items]


def test_all_topics_are_listed_newest_first(log):
    assert ids(list_events(EventsQuery(), log)) == ["e3", "e2", "e1"]


def test_a_topic_and_a_subject_filter(log):
    assert ids(list_events(EventsQuery(type="order.paid"), log)) == ["e3", "e1"]
    assert ids(list_events(EventsQuery(subject="o1"), log)) == ["e2", "e1"]
    assert ids(list_events(EventsQuery(type="order.paid", subject="o1"), log)) == ["e1"]


def test_an_unknown_topic_is_refused_and_the_known_ones_named(log):
    with pytest.raises(Invalid, match=r"type: no such topic; one of .*order\.paid"):
        list_events(EventsQuery(type="order.payed"), log)


def test_events_are_paged(log):
    second = list_events(EventsQuery(page=2, page_size=2), log)
    assert (ids(second), second.page, second.page_size, second.total) == (["e1"], 2, 2, 3)


def test_an_event_is_a_cloud_event_without_its_signature(log):
    shown = list_events(EventsQuery(subject="o2"), log).items[0]
    assert shown == {
        "specversion": "1.0",
        "id": "e3",
        "type": "popshop.order.paid.v1",
        "source": "/popshop/orders",
        "subject": "o2",
        "time": "2026-11-25T12:00:00Z",
        "aggregateversion": "3",
        "data": {"status": "paid"},
    }


def test_every_published_topic_can_be_chosen():
    assert {f"popshop.{topic}.v1" for topic in published_topics()} == set(PUBLISHED)


@pytest.fixture
def served(log, monkeypatch):
    fill_ports(monkeypatch, {KafkaEventLog: log})


def test_the_page_folds_each_event_and_keeps_the_filter(served):
    answer = call(list_events, "GET", "/admin/events?type=order.paid", ADMIN)
    page = answer.body.decode()
    assert answer.status == 200
    assert page.count("<details") == 2
    assert '<option value="order.paid" selected>' in page
    assert '"status": "paid"' in page
    assert "5ec2e7" not in page


def test_what_an_event_says_is_text_on_the_page(log, served):
    write(log, "order.paid", 9, "<b>o9</b>", b'{"note": "<script>alert(1)</script>"}')
    page = call(list_events, "GET", "/admin/events", ADMIN).body.decode()
    assert "<script>alert" not in page
    assert "<b>o9" not in page


def test_shoppers_see_no_events(served):
    shopper = Caller(user_id=UserId("ann"), role="user")
    assert call(list_events, "GET", "/api/admin/events", shopper).status == 403

"""Erasing somebody's notifications and mails, and taking them along; the page of the inbox."""

import json
from typing import Any

import pytest

from functions.notifications.announce_payment import announce_payment
from functions.notifications.erase_inbox import erase_inbox
from functions.notifications.export_notifications import export_notifications
from functions.notifications.list_notifications import list_notifications
from functions.notifications.mark_notifications_read import ReadMark, mark_notifications_read
from shared.contracts.auth import UserDeleted
from shared.contracts.orders import OrderConfirmed, OrderPaid
from shared.kernel.ids import SessionId, UserId
from shared.notifications.mongo import MongoInboxes, MongoMails, MongoRecipients
from shared.runtime.identity import Caller
from shared.runtime.schema import PageQuery
from tests.fakes.notifications import FakeFeed
from tests.functions.notifications.post import Post, a_refund, an_order, ann, meta_of
from tests.functions.web import call, fill_ports

ANN = Caller(user_id=UserId("ann"), role="user", session_id=SessionId("s1"))
BOB = Caller(user_id=UserId("bob"), role="user", session_id=SessionId("s2"))
GONE = UserDeleted(id="ann", deleted=True, version=9)


@pytest.fixture
def post() -> Post:
    """Ann and Bob have a paid order each, announced and mailed."""
    post = Post()
    post.know(ann(), ann(id="bob", email="bob@example.test"))
    for number, user_id in enumerate(("ann", "bob")):
        for kind in (OrderConfirmed, OrderPaid):
            order = an_order(kind, id=f"o-{user_id}", user_id=user_id)
            post.announce(order)
        post.hear(order, f"e{number}")
    return post


@pytest.fixture
def served(post, monkeypatch):
    ports: dict[type, Any] = {
        MongoInboxes: post.inboxes,
        MongoMails: post.mails,
        MongoRecipients: post.recipients,
    }
    fill_ports(monkeypatch, ports)

    def get(function, path, caller, query="", **headers):
        return call(function, "GET", f"{path}?{query}", caller, **headers)

    return get


def test_the_export_is_a_file_with_all_of_ones_own_and_nothing_else(served):
    answered = served(export_notifications, "/api/export/notifications", ANN)
    headers, export = dict(answered.headers), json.loads(answered.body)
    assert answered.status == 200
    assert headers["Content-Disposition"].startswith("attachment;")
    assert (export["email"], export["name"]) == ("ann@example.test", "Ann")
    assert [one["type"] for one in export["notifications"]] == ["order_confirmed", "order_paid"]
    assert [(one["kind"], one["state"]) for one in export["mails"]] == [("order_paid", "sent")]
    assert b"bob" not in answered.body


def test_somebody_new_has_an_empty_export(post):
    new = Caller(user_id=UserId("new"), role="user")
    export = export_notifications(new, post.recipients, post.inboxes, post.mails).value
    assert (export.email, export.notifications, export.mails) == ("", [], [])


def test_a_deleted_person_is_forgotten_and_the_others_are_not(post):
    for _ in range(2):
        erase_inbox(GONE, post.inboxes, post.mails)
    assert (post.inboxes.all(UserId("ann")), post.mails.of_user(UserId("ann"))) == ([], [])
    assert len(post.inboxes.all(UserId("bob"))) == 2
    assert len(post.mails.of_user(UserId("bob"))) == 1


def test_news_that_come_after_the_deletion_are_neither_kept_nor_told(post):
    erase_inbox(GONE, post.inboxes, post.mails)
    feed, refund = FakeFeed(), a_refund()
    announce_payment(refund, meta_of(refund), post.inboxes, feed, post.clock)
    assert (post.inboxes.all(UserId("ann")), feed.published) == ([], [])


def test_news_of_a_payment_carry_the_number_of_its_order(post):
    refund = a_refund(order_id="o-ann")
    announce_payment(refund, meta_of(refund), post.inboxes, FakeFeed(), post.clock)
    assert post.inboxes.all(UserId("ann"))[-1].payload["number"] == "P-ABC234"


def test_marking_more_than_there_is_leaves_what_is_to_come_unread(post):
    mark_notifications_read(ReadMark(up_to=2**53), ANN, post.inboxes)
    post.announce(an_order(OrderPaid, id="o2"))
    assert list_notifications(PageQuery(), ANN, post.inboxes).unread == 1


def test_the_page_tells_how_many_are_unread_and_marks_all_of_them_from_any_page(post, served):
    for number in range(3):
        post.announce(an_order(OrderPaid, id=f"more-{number}"))
    for page in (1, 2, 3):
        query = f"page={page}&page_size=2"
        shown = served(list_notifications, "/notifications", ANN, query).body.decode()
        assert "5 unread" in shown
        assert 'name="up_to" value="5"' in shown
        assert f"Page {page} of 3" in shown


def test_a_refetch_gets_the_fragment_of_the_page_that_is_open(post, served):
    headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "inbox"}
    path, query = "/notifications", "page=1&page_size=1"
    whole = served(list_notifications, path, ANN, query).body.decode()
    assert 'hx-get="/notifications?page=1&amp;page_size=1"' in whole
    fragment = served(list_notifications, path, ANN, query, **headers).body.decode()
    assert "<html" not in fragment
    assert "Order paid · P-ABC234" in fragment


def test_an_inbox_that_is_read_shows_no_button(post, served):
    mark_notifications_read(ReadMark(up_to=2), ANN, post.inboxes)
    shown = served(list_notifications, "/notifications", ANN).body.decode()
    assert "unread" not in shown
    assert "Mark all as read" not in shown

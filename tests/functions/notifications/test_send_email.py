"""Which events are mailed, to whom, and how often."""

from datetime import timedelta

import pytest

from functions.notifications.send_email import send_email
from shared.contracts.auth import UserDeleted, UserUpdated, link_token
from shared.contracts.orders import OrderCancelled, OrderConfirmed, OrderPaid, OrderShipped
from shared.contracts.payments import PaymentFailed
from shared.kernel.errors import Invalid, Unavailable
from shared.runtime.declare import On, spec_of
from tests.functions.notifications.post import (
    LINK_KEY,
    NOW,
    SHOP,
    Post,
    a_link,
    a_refund,
    an_order,
    ann,
)


@pytest.fixture
def post() -> Post:
    post = Post()
    post.know()
    return post


@pytest.mark.parametrize(
    ("purpose", "page"), [("verify_email", "verify-email"), ("reset_password", "reset-password")]
)
def test_a_requested_link_is_mailed_with_the_token_to_the_address_of_that_moment(
    post, purpose, page
):
    post.hear(a_link(purpose))
    assert (post.letter.kind, post.letter.to) == (purpose, "ann@then.test")
    assert post.letter.facts["link"] == f"{SHOP}/{page}?token={link_token(LINK_KEY, 'link-1')}"


def test_a_link_needs_nobody_known():
    post = Post()
    post.hear(a_link())
    assert post.letter.to == "ann@then.test"


def test_an_expired_link_is_not_sent(post):
    post.hear(a_link(expires_at=NOW))
    assert post.mailer.sent == []


def test_a_link_of_an_unknown_purpose_is_refused_for_good(post):
    with pytest.raises(Invalid, match="purpose"):
        post.hear(a_link("something_else"))


@pytest.mark.parametrize("kind", [OrderPaid, OrderShipped, OrderCancelled])
def test_what_became_of_an_order_is_mailed_to_its_buyer(post, kind):
    post.hear(an_order(kind))
    assert post.letter.to == "ann@example.test"
    assert "P-ABC234" in post.letter.subject
    assert post.letter.facts["link"] == f"{SHOP}/orders/o1"


def test_a_cancellation_says_whether_money_goes_back(post):
    post.hear(an_order(OrderCancelled, status_reason="shopper"), "e1")
    post.announce(an_order(OrderPaid))
    post.hear(an_order(OrderCancelled, status_reason="shopper"), "e2")
    assert [one.facts["was_paid"] for one in post.mailer.sent] == [False, True]


def test_a_refund_names_the_order_as_soon_as_it_is_known(post):
    post.hear(a_refund(), "e1")
    post.announce(an_order(OrderConfirmed))
    post.hear(a_refund(), "e2")
    first, second = post.mailer.sent
    assert (first.subject, second.subject) == (
        "Money back for your order",
        "Money back for order P-ABC234",
    )


def test_a_failed_payment_is_not_mailed():
    trigger = spec_of(send_email).trigger
    assert isinstance(trigger, On)
    assert PaymentFailed not in trigger.payloads


def test_the_newest_address_counts(post):
    post.know(UserUpdated(id="ann", email="ann@new.test", version=3), ann(2, email="ann@old.test"))
    post.hear(an_order(OrderPaid))
    assert post.letter.to == "ann@new.test"


def test_a_buyer_who_is_not_known_yet_is_waited_for():
    post = Post()
    with pytest.raises(Unavailable):
        post.hear(an_order(OrderPaid))
    post.know()
    post.hear(an_order(OrderPaid))
    assert post.letter.to == "ann@example.test"


@pytest.mark.parametrize(
    "gone", [UserDeleted(id="ann", deleted=True, version=2), ann(2, blocked=True)]
)
@pytest.mark.parametrize("event", [a_link(), an_order(OrderPaid), a_refund()])
def test_who_is_deleted_or_blocked_gets_nothing(post, gone, event):
    post.know(gone)
    post.hear(event)
    assert post.mailer.sent == []


def test_of_a_deleted_user_no_address_is_kept_whatever_comes_late(post):
    post.know(UserDeleted(id="ann", deleted=True, version=5), ann(4))
    kept = post.recipients.get("ann")
    assert (kept.email, kept.name, kept.deleted) == ("", "", True)


def test_an_event_delivered_twice_is_mailed_once(post):
    for _ in range(2):
        post.hear(an_order(OrderPaid))
    assert post.letter.id == "e1"
    (mail,) = post.mails.of_user("ann")
    assert (mail.id, mail.kind, mail.state, mail.at) == ("e1", "order_paid", "sent", NOW)


def test_what_could_not_be_sent_is_sent_by_the_next_delivery(post):
    post.mailer.is_down = True
    with pytest.raises(Unavailable):
        post.hear(an_order(OrderPaid))
    assert post.mails.of_user("ann") == []
    post.mailer.is_down = False
    post.hear(an_order(OrderPaid))
    assert post.letter.kind == "order_paid"


def test_a_crash_before_it_is_noted_sends_the_same_mail_again(post, monkeypatch):
    def crash(mail):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(post.mails, "add", crash)
        with pytest.raises(SystemExit):
            post.hear(an_order(OrderPaid))
    post.clock.time += timedelta(minutes=5)
    post.hear(an_order(OrderPaid))
    first, second = post.mailer.sent
    assert first == second


def test_a_mail_that_is_refused_for_good_is_noted_and_not_tried_again(post):
    post.mailer.refuses = 550
    post.hear(an_order(OrderPaid))
    (mail,) = post.mails.of_user("ann")
    assert (mail.state, mail.code) == ("failed", 550)
    post.mailer.refuses = None
    post.hear(an_order(OrderPaid))
    assert post.mailer.sent == []

"""What mails look like: their text, their HTML, and headers that nobody can add to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.contracts.orders import OrderCancelled, OrderPaid, OrderShipped
from shared.kernel.money import Money
from shared.notifications.model import Letter
from shared.notifications.ports import MailRefused
from shared.notifications.smtp import message_of, one_line
from tests.functions.notifications.post import Post, a_link, a_refund, an_order, ann

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SENDER = "Popshop <shop@shop.localhost>"


def letter_about(event, *users) -> Letter:
    post = Post()
    post.know(*users)
    post.hear(event)
    return post.letter


def parts_of(letter):
    """The mail as a reader gets it: message, text, HTML."""
    message = message_of(letter, SENDER, NOW)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return message, text.get_content(), html.get_content()


EVENTS = [
    a_link("verify_email"),
    a_link("reset_password"),
    an_order(OrderPaid),
    an_order(OrderShipped, tracking="TRACK-1"),
    an_order(OrderCancelled, status_reason="out_of_stock"),
    a_refund(),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_mail_has_text_and_html_with_the_same_link(event):
    letter = letter_about(event)
    message, text, html = parts_of(letter)
    assert message["Subject"] == letter.subject
    assert message["Message-ID"] == "<e1@shop.localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert letter.facts["link"] in text
    assert f'href="{letter.facts["link"]}"' in html
    assert "Hello Ann," in text
    assert "Hello Ann," in html
    assert "<" not in text.replace("<gold>", "")
    assert "{{" not in text + html


def test_the_order_confirmation_lists_lines_and_sums():
    _, text, html = parts_of(letter_about(an_order(OrderPaid)))
    for line in ("$15.00 each", "$30.00", "-$3.00", "$5.00", "$2.70", "$34.70"):
        assert line in text
        assert line in html
    assert "2 x Ring <gold>" in text
    assert "Ring &lt;gold&gt;" in html


def test_an_order_without_a_discount_does_not_mention_one():
    _, text, html = parts_of(letter_about(an_order(OrderPaid, discount=Money(0))))
    assert "Discount" not in text + html


def test_tracking_is_told_where_there_is_one():
    _, text, html = parts_of(letter_about(an_order(OrderShipped, tracking="TRACK-1")))
    assert "TRACK-1" in text
    assert "TRACK-1" in html
    _, text, html = parts_of(letter_about(an_order(OrderShipped)))
    assert "racking" not in text + html


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("out_of_stock", "no longer in stock"),
        ("expired", "not paid in time"),
        ("shopper", "You asked for it"),
        ("admin", "We had to cancel it"),
        ("payment_failed", "payment did not succeed"),
        (None, "was cancelled"),
    ],
)
def test_a_cancellation_gives_the_reason(reason, words):
    _, text, html = parts_of(letter_about(an_order(OrderCancelled, status_reason=reason)))
    assert words in text
    assert words in html
    assert "You owe nothing" in text


def test_a_cancelled_order_that_was_paid_says_that_the_money_goes_back():
    letter = letter_about(an_order(OrderCancelled, status_reason="admin"))
    _, text, html = parts_of(replace(letter, facts=letter.facts | {"was_paid": True}))
    assert "Your payment of $34.70 goes back to you" in text
    assert "Your payment of $34.70 goes back to you" in html


@pytest.mark.parametrize(
    ("refunded", "words"),
    [
        (3470, "all of your payment, $34.70"),
        (1000, "$10.00 in all, of the $34.70"),
        (0, "did not take the money"),
    ],
)
def test_a_refund_says_how_much_went_back(refunded, words):
    _, text, html = parts_of(letter_about(a_refund(refunded)))
    assert words in text
    assert words in html


EVIL = "Eve\r\nBcc: victim@example.test\r\n\r\nBuy! <script>alert(1)</script>\x00\u2028x"


@pytest.mark.parametrize("event", [a_link(name=EVIL), an_order(OrderPaid)])
def test_a_name_adds_no_header_and_no_markup(event):
    message, _, html = parts_of(letter_about(event, ann(name=EVIL)))
    head = message.as_bytes().split(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in head
    assert message["To"].addresses[0].addr_spec in {"ann@example.test", "ann@then.test"}
    assert len(message["To"].addresses) == 1
    assert "<script>" not in html


def test_a_subject_stays_one_line():
    letter = letter_about(an_order(OrderPaid, number="P-1\r\nBcc: victim@example.test"))
    message = message_of(letter, SENDER, NOW)
    assert message["Bcc"] is None
    assert "\r" not in message["Subject"]


@pytest.mark.parametrize("address", ["a\r\nb@example.test", "a@exam\nple.test"])
def test_an_address_with_a_line_break_is_refused(address):
    with pytest.raises(MailRefused):
        message_of(replace(letter_about(a_link()), to=address), SENDER, NOW)


@pytest.mark.parametrize("name", ["Ångström, Ada", 'Ada "the" Countess', "阿达", ""])
def test_any_name_comes_back_whole(name):
    message = message_of(replace(letter_about(a_link()), name=name), SENDER, NOW)
    assert message["To"].addresses[0].display_name == name
    message.as_bytes()


def test_the_same_event_makes_the_same_mail():
    first, second = (message_of(letter_about(an_order(OrderPaid)), SENDER, NOW) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_one_line_keeps_the_words():
    assert one_line(" a\r\n\tb\x00\u2029c\x7f ") == "a b c"

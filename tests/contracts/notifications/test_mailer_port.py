"""One suite for the mailer, the fake and SMTP; and what SMTP's own answers come to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from localdev.cluster.ports import HOST, Reservation
from shared.contracts.orders import OrderPaid
from shared.kernel.errors import Unavailable
from shared.notifications.model import Letter
from shared.notifications.ports import MailRefused
from shared.notifications.smtp import SmtpMailer
from shared.runtime.settings import MailSettings
from tests.fakes.notifications import FakeMailer
from tests.functions.notifications.post import Post, an_order, ann

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def a_letter(to="ann@example.test", name="Ann") -> Letter:
    post = Post()
    post.know(ann(email=to, name=name))
    post.hear(an_order(OrderPaid))
    return post.letter


def mailer_to(port, user="", password=""):
    settings = MailSettings(HOST, str(port), "Popshop <shop@shop.localhost>", user, password)
    return SmtpMailer(settings)


class Behind:
    """A mailer with what a test needs to know and to do on its far side."""

    def __init__(self, mailer, server=None):
        self.mailer, self._server = mailer, server

    @property
    def taken(self):
        return len(self._server.taken if self._server else self.mailer.sent)

    def refuse(self, code):
        if self._server:
            self._server.answers["RCPT"] = f"{code} no such mailbox"
        else:
            self.mailer.refuses = code

    def take_none_now(self):
        if self._server:
            self._server.answers["RCPT"] = "451 come again"
        else:
            self.mailer.is_down = True


@pytest.fixture(params=["fake", "smtp"])
def behind(request):
    if request.param == "fake":
        return Behind(FakeMailer())
    server = request.getfixturevalue("mail_server")
    return Behind(mailer_to(server.port), server)


def test_a_mail_is_taken(behind):
    behind.mailer.send(a_letter(), NOW)
    assert behind.taken == 1


def test_a_refusal_for_good_tells_its_code(behind):
    behind.refuse(550)
    with pytest.raises(MailRefused) as refusal:
        behind.mailer.send(a_letter(), NOW)
    assert (refusal.value.code, behind.taken) == (550, 0)


def test_a_refusal_for_now_is_an_outage(behind):
    behind.take_none_now()
    with pytest.raises(Unavailable):
        behind.mailer.send(a_letter(), NOW)
    assert behind.taken == 0


def test_nobody_listening_is_an_outage():
    with Reservation() as nobody, pytest.raises(Unavailable):
        mailer_to(nobody.port).send(a_letter(), NOW)


@pytest.mark.parametrize(("answer", "error"), [("554", MailRefused), ("452", Unavailable)])
def test_a_refused_content_is_final_or_not_as_the_server_says(mail_server, answer, error):
    mail_server.answers["DATA"] = f"{answer} not this one"
    with pytest.raises(error):
        mailer_to(mail_server.port).send(a_letter(), NOW)


def test_what_was_taken_stays_taken_however_the_server_says_good_bye(mail_server):
    mail_server.answers["QUIT"] = "421 gone"
    mailer_to(mail_server.port).send(a_letter(), NOW)
    assert len(mail_server.taken) == 1


def test_an_address_that_the_server_cannot_take_is_refused_for_good(mail_server):
    with pytest.raises(MailRefused):
        mailer_to(mail_server.port).send(a_letter(to="änn@example.test"), NOW)


def test_a_server_that_speaks_utf_8_takes_any_address(inbox):
    mailer_to(inbox._smtp.port).send(a_letter(to="änn@example.test"), NOW)
    assert [one["to"] for one in inbox.messages()] == ["änn@example.test"]


def test_with_a_user_it_speaks_tls_and_logs_in(guarded_server):
    mailer_to(guarded_server.port, "popshop", "secret").send(a_letter(), NOW)
    assert len(guarded_server.taken) == 1


def test_a_wrong_password_is_an_outage_that_somebody_has_to_mend(guarded_server):
    with pytest.raises(Unavailable):
        mailer_to(guarded_server.port, "popshop", "wrong").send(a_letter(), NOW)


def test_no_password_goes_to_a_server_without_tls(mail_server):
    with pytest.raises(Unavailable):
        mailer_to(mail_server.port, "popshop", "secret").send(a_letter(), NOW)
    assert mail_server.taken == []


def test_the_whole_way_into_the_local_inbox(inbox):
    """The function, SMTP and the inbox that a developer reads."""
    post = Post(mailer=mailer_to(inbox._smtp.port))
    post.know(ann(name="Änn, Ltd."))
    for _ in range(2):
        post.hear(an_order(OrderPaid))
    (message,) = inbox.messages("?to=ann@example.test")
    assert message["subject"] == "Order P-ABC234: thank you, it is paid"
    assert "Hello Änn, Ltd." in message["text"]
    assert "https://shop.localhost:8443/orders/o1" in message["text"]
    assert "Ring &lt;gold&gt;" in message["html"]


def test_a_mail_keeps_its_id_when_it_is_sent_again(mail_server):
    mailer, letter = mailer_to(mail_server.port), a_letter()
    mailer.send(letter, NOW)
    mailer.send(replace(letter, facts=dict(letter.facts)), NOW)
    first, second = (content for _, content in mail_server.taken)
    assert b"Message-ID: <e1@shop.localhost>" in first
    assert b"Message-ID: <e1@shop.localhost>" in second

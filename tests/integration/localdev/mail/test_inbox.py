import http.client
import json
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from typing import Any

import pytest

from localdev.cluster.ports import HOST, Reservation


class Inbox:
    """The process, and the two ways into it."""

    def __init__(self, state):
        self.state = state
        self._smtp, self._http = Reservation(), Reservation()
        self._process: Any = None

    def start(self):
        flags = (
            f"--smtp-port={self._smtp.port}",
            f"--http-port={self._http.port}",
            f"--state={self.state}",
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localdev.mail", *flags], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout.readline() == "ready\n"

    def kill(self):
        self._process.kill()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def close(self):
        self._process.terminate()
        assert self._process.wait(timeout=20) == 0
        self._process.stdout.close()
        self._smtp.close()
        self._http.close()

    def send(self, subject, *recipients, text="Hello", html=None):
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject, "shop@example.test", recipients[0]
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        with smtplib.SMTP(HOST, self._smtp.port, timeout=20) as smtp:
            smtp.send_message(mail, to_addrs=list(recipients))

    def call(self, method, path):
        connection = http.client.HTTPConnection(HOST, self._http.port, timeout=20)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def messages(self, query=""):
        return json.loads(self.call("GET", f"/messages{query}")[1])


@pytest.fixture
def inbox(tmp_path):
    inbox = Inbox(tmp_path / "mail.jsonl")
    inbox.start()
    yield inbox
    inbox.close()


def test_mail_is_kept_with_its_parts(inbox):
    inbox.send("Your order — paid ✓", "ada@example.test", text="Grüße\n", html="<b>Grüße</b>")
    (message,) = inbox.messages()
    assert message.keys() == {"to", "subject", "text", "html", "at"}
    assert (message["to"], message["subject"]) == ("ada@example.test", "Your order — paid ✓")
    assert message["text"].strip() == "Grüße"
    assert message["html"].strip() == "<b>Grüße</b>"
    assert message["at"].endswith("Z")


def test_the_newest_is_last_and_each_recipient_has_one(inbox):
    inbox.send("first", "a@example.test", "b@example.test")
    inbox.send("second", "a@example.test")
    assert [(one["to"][0], one["subject"]) for one in inbox.messages()] == [
        ("a", "first"),
        ("b", "first"),
        ("a", "second"),
    ]
    found = inbox.messages("?to=A@example.test")
    assert [one["subject"] for one in found] == ["first", "second"]


def test_what_was_taken_survives_a_crash(inbox):
    inbox.send("kept", "a@example.test")
    inbox.kill()
    inbox.start()
    assert [one["subject"] for one in inbox.messages()] == ["kept"]


def test_a_line_cut_off_by_a_crash_is_dropped(inbox):
    inbox.send("kept", "a@example.test")
    inbox.kill()
    with inbox.state.open("ab") as file:
        file.write(b'{"to": "b@exa')
    inbox.start()
    inbox.send("after", "a@example.test")
    assert [one["subject"] for one in inbox.messages()] == ["kept", "after"]


def test_delete_empties_the_inbox_for_good(inbox):
    inbox.send("gone", "a@example.test")
    assert inbox.call("DELETE", "/messages")[0] == 204
    inbox.kill()
    inbox.start()
    assert inbox.messages() == []


def test_the_page_shows_mail_and_runs_none_of_it(inbox):
    inbox.send(
        "<script>alert(1)</script>",
        "a@example.test",
        text="Reset: https://shop.localhost:8443/reset?token=a&x=1 now",
        html="<script>alert(2)</script><p>Hi</p>",
    )
    status, page = inbox.call("GET", "/")
    assert status == 200
    assert "<script" not in page
    assert "<iframe sandbox" in page
    assert 'href="https://shop.localhost:8443/reset?token=a&amp;x=1"' in page


def test_an_empty_inbox_says_so(inbox):
    assert "No mail yet" in inbox.call("GET", "/")[1]

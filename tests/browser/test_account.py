"""A shopper's account pages: from the first mail to leaving for good, on a phone."""

import json
import re
import uuid

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.shop import Client
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.browser, pytest.mark.slow]
FIRST, SECOND, THIRD = "first password 1", "second password 2", "third password 3"
CONTEXTS = ("auth", "products", "cart", "orders", "payments", "notifications")


@pytest.fixture
def mails(stack):
    """The newest mail to an address whose subject fits."""

    def newest(to, subject):
        def arrived():
            messages = requests.get(f"{stack.facts['mail']}/messages", timeout=10).json()
            fitting = [one for one in messages if to in str(one["to"])]
            return [one for one in fitting if re.search(subject, one["subject"])]

        return wait_until(arrived, f"mail {subject!r} to {to}", 30.0)[-1]

    return newest


def path_in(mail):
    """The path of the link in a mail."""
    found = re.search(r"https://[^/\s]+(/\S+)", mail["text"])
    assert found, mail["text"]
    return found[1]


def test_an_account_from_its_first_mail_to_its_end(person, mails, stack):
    email = f"{uuid.uuid4().hex}@example.com"
    owner = person(width=390)
    owner.page.on("dialog", lambda dialog: dialog.accept())
    registers(owner, email)
    verifies(owner, mails(email, "Confirm"))
    changes_the_profile(owner)
    elsewhere = Client(stack)
    elsewhere.log_in(email, FIRST)
    ends_the_other_session(owner, elsewhere)
    changes_the_password(owner)
    takes_data_along(owner, email)
    logs_out(owner)
    resets_the_password(owner, email, mails)
    leaves(owner, email)


def registers(owner, email):
    owner.open("/register")
    owner.fill(name="Ann Owner", email=email, password=FIRST)
    owner.fill(phone="+353 1 234", address="1 Quay, Cork")
    owner.click("Register")
    owner.sees("#shown-name", "Ann Owner")


def verifies(owner, mail):
    owner.open("/profile")
    owner.sees("#verified", "Not verified yet")
    owner.open(path_in(mail))
    owner.page.locator("#content form button").click()
    owner.is_at(r"/verify-email\?done=yes")
    owner.open("/profile")
    owner.sees("#verified", re.compile("^Verified$"))
    expect(owner.page.locator("#phone")).to_have_value("+353 1 234")
    expect(owner.page.locator("#address")).to_have_value("1 Quay, Cork")


def changes_the_profile(owner):
    owner.fill(name="Ann Renamed")
    owner.click("Save")
    owner.sees("#shown-name", "Ann Renamed")
    owner.picture("account-390")


def ends_the_other_session(owner, elsewhere):
    elsewhere.get("/auth/me")
    owner.click("Where you are logged in", "link")
    sessions = owner.page.locator("#sessions li")
    expect(sessions).to_have_count(2)
    owner.picture("sessions-390")
    sessions.filter(has_not_text="this device").get_by_role("button").click()
    expect(sessions).to_have_count(1)
    elsewhere.call("GET", "/auth/me", status=401)


def changes_the_password(owner):
    owner.open("/profile")
    owner.fill(current_password=FIRST, new_password=SECOND)
    owner.click("Change password")
    owner.is_at(r"/profile\?done=password")
    owner.sees("[role=status]", "Your password is changed")


def takes_data_along(owner, email):
    for context in CONTEXTS:
        with owner.page.expect_download() as download:
            owner.page.locator(f"#exports a[href='/api/export/{context}']").click()
        known = json.loads(download.value.path().read_text())
        assert (email in json.dumps(known)) == (context in {"auth", "notifications"}), context


def logs_out(owner):
    owner.click("Log out")
    expect(owner.page.locator("#shown-name")).to_have_count(0)


def resets_the_password(owner, email, mails):
    owner.open("/login")
    owner.page.locator("#content").get_by_role("link", name="Forgot your password?").click()
    owner.sees("h1", "Forgot your password?")
    owner.fill(email=email)
    owner.page.locator("#content form button").click()
    owner.is_at(r"/forgot-password\?done=yes")
    owner.open(path_in(mails(email, "Choose a new password")))
    owner.picture("reset-password-390")
    owner.fill(password=THIRD)
    owner.page.locator("#content form button").click()
    owner.is_at(r"/reset-password\?done=yes")
    owner.open("/login")
    owner.fill(email=email, password=THIRD)
    owner.click("Log in")
    owner.sees("#shown-name", "Ann Renamed")


def leaves(owner, email):
    owner.open("/profile")
    owner.fill(delete_password=THIRD)
    owner.click("Delete my account")
    expect(owner.page.locator("#shown-name")).to_have_count(0)
    owner.open("/login")
    owner.fill(email=email, password=THIRD)
    owner.tolerate(r"401.*/auth/login")
    owner.click("Log in")
    owner.sees("#problem", re.compile(r"\w"))

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

BACK = "https://shop.localhost:8443/payments/o1?from=stripe"


@pytest.fixture
def challenged(client, pay):
    intent = pay()
    return client.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_threeDSecure2Required", "return_url": BACK}
    )


def click(page_url, label):
    """Presses the button with this label, as a browser would."""
    page = requests.get(page_url, timeout=20)
    assert page.headers["Content-Type"].startswith("text/html")
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page.text)
    ((name, value),) = re.findall(rf'<button name="(\w+)" value="(\w+)">{label}', page.text)
    form = {key: html.unescape(one) for key, one in hidden} | {name: value}
    return requests.post(page_url, data=form, timeout=20, allow_redirects=False)


@pytest.mark.parametrize(
    ("label", "outcome", "status"),
    [
        ("Complete", "succeeded", "succeeded"),
        ("Fail", "failed", "requires_payment_method"),
    ],
)
def test_a_person_ends_the_challenge_and_comes_back(client, challenged, label, outcome, status):
    assert challenged.status == "requires_action"
    assert challenged.next_action.type == "redirect_to_url"
    answer = click(challenged.next_action.redirect_to_url.url, label)
    assert answer.status_code == 303
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK.partition("?")[0]
    assert parse_qs(where.query) == {
        "from": ["stripe"],
        "payment_intent": [challenged.id],
        "payment_intent_client_secret": [challenged.client_secret],
        "redirect_status": [outcome],
    }
    assert client.payment_intents.retrieve(challenged.id).status == status


def test_the_page_shows_the_amount_and_needs_the_secret(challenged):
    url = challenged.next_action.redirect_to_url.url
    assert "$12.99" in requests.get(url, timeout=20).text
    assert requests.get(url[:-1] + "~", timeout=20).status_code == 404


def test_pressing_twice_changes_nothing(client, challenged):
    url = challenged.next_action.redirect_to_url.url
    page = requests.get(url, timeout=20).text
    click(url, "Complete")
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page))
    late = requests.post(url, data=form | {"outcome": "failed"}, timeout=20, allow_redirects=False)
    assert late.status_code == 200
    assert "Back to the shop" in late.text
    assert client.payment_intents.retrieve(challenged.id).status == "succeeded"


@pytest.mark.parametrize(
    ("outcome", "status"), [("succeeded", "succeeded"), ("failed", "requires_payment_method")]
)
def test_a_test_ends_the_challenge_without_a_page(server, challenged, outcome, status):
    path = f"/_test/payment_intents/{challenged.id}/authenticate"
    answer = server.post(path, json={"outcome": outcome})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert server.post(path, json={"outcome": outcome}).status_code == 409


def test_a_wrong_control_is_told_what_is_wrong(server, challenged):
    path = f"/_test/payment_intents/{challenged.id}/authenticate"
    assert server.post(path, json={"outcome": "maybe"}).status_code == 400
    assert server.post(path, data="{").status_code == 400
    other = server.post("/_test/payment_intents/pi_x/authenticate", json={"outcome": "failed"})
    assert other.status_code == 404

"""What the shop's payment form does: another origin, publishable key, client secret, raw card."""

from typing import Any

import pytest
import requests
import stripe

ORIGIN = "https://shop.localhost:8443"
PUBLISHABLE = "pk_test_1234567890"


def confirm(server, intent, secret=None, key=PUBLISHABLE, **fields):
    number = fields.pop("number", "4242424242424242")
    form = {
        "client_secret": secret or intent.client_secret,
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": number,
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "40",
        "payment_method_data[card][cvc]": "123",
        "return_url": f"{ORIGIN}/payments/o1?from=stripe",
    } | fields
    headers = {"Authorization": f"Bearer {key}", "Origin": ORIGIN}
    return server.post(f"/v1/payment_intents/{intent.id}/confirm", data=form, headers=headers)


def test_a_preflight_allows_what_the_form_sends(server):
    answer = requests.options(
        f"{server.url}/v1/payment_intents/pi_1/confirm",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
        timeout=20,
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN}
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type"} <= {one.strip() for one in allowed.split(",")}


def test_a_card_number_pays_and_the_answer_hides_what_is_the_shops(server, pay):
    answer = confirm(server, pay(metadata={"order_id": "o1"}))
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["status"] == "succeeded"
    assert not {"metadata", "latest_charge"} & answer.json().keys()


def test_a_declined_number_is_readable_by_the_page(server, pay):
    answer = confirm(server, pay(), number="4000000000009995")
    assert answer.status_code == 402
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    error = answer.json()["error"]
    assert (error["type"], error["decline_code"]) == ("card_error", "insufficient_funds")
    assert "metadata" not in error["payment_intent"]


def test_a_mistyped_number_leaves_the_intent_as_it_was(server, client, pay):
    intent = pay()
    answer = confirm(server, intent, number="4242424242424241")
    assert answer.json()["error"]["code"] == "incorrect_number"
    assert client.payment_intents.retrieve(intent.id).last_payment_error is None


def test_a_wrong_or_missing_client_secret_opens_nothing(server, client, pay):
    intent, other = pay(), pay()
    for secret in (other.client_secret, "x", " "):
        answer = confirm(server, intent, secret=secret)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "client_secret"
    url = f"{server.url}/v1/payment_intents/{intent.id}"
    for query in ("", "?client_secret="):
        headers = {"Authorization": f"Bearer {PUBLISHABLE}"}
        assert requests.get(url + query, headers=headers, timeout=20).status_code == 400
    assert client.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_publishable_key_reads_its_intent_and_nothing_else(shop, pay):
    intent = pay()
    seen = shop.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})
    assert seen.status == "requires_payment_method"
    calls = (
        lambda: shop.payment_intents.create({"amount": 100, "currency": "usd"}),
        shop.payment_intents.list,
        lambda: shop.payment_intents.cancel(intent.id),
        lambda: shop.payment_intents.update(intent.id, {"amount": 50}),
        lambda: shop.refunds.create({"payment_intent": intent.id}),
        shop.refunds.list,
        shop.events.list,
    )
    for call in calls:
        with pytest.raises(stripe.AuthenticationError) as refused:
            call()
        error: Any = refused.value.error
        assert error.code == "secret_key_required"


def test_a_wrong_key_is_401(server, pay):
    answer = confirm(server, pay(), key="pk_test_somebody_else")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Invalid API Key provided: pk_test_")


def test_the_key_may_come_as_a_parameter_as_stripes_script_sends_it(server, pay):
    intent = pay()
    query = {"key": PUBLISHABLE, "client_secret": intent.client_secret}
    found = server.get(f"/v1/payment_intents/{intent.id}", params=query)
    assert found.json()["id"] == intent.id


def test_the_whole_card_number_is_written_nowhere(server, pay):
    assert confirm(server, pay(), number="5555555555554444").status_code == 200
    for suffix in ("", "-wal"):
        with open(server.state + suffix, "rb") as file:  # noqa: PTH123 - a name with a suffix
            assert b"5555555555554444" not in file.read()

"""The payments' routes as HTTP: JSON, pages, forms and Stripe's raw messages."""

import json
from urllib.parse import urlencode

import pytest

from functions.payments.get_payment import get_payment
from functions.payments.receive_stripe_webhook import receive_stripe_webhook
from functions.payments.refund_payment import refund_payment
from functions.payments.start_payment import start_payment
from shared.kernel.clock import SystemClock
from shared.payments.mongo import MongoAnswers, MongoOrders, MongoPayments
from shared.payments.stripe_form import StripeCardForm
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.stripe_webhooks import StripeWebhooks
from tests.fakes.payments import FakeCardForm, FakeWebhooks
from tests.functions import web
from tests.functions.payments.world import ADA, ADMIN, World
from tests.functions.web import FORM, fill_ports


@pytest.fixture
def world(monkeypatch):
    world = World()
    ports = {
        MongoPayments: world.payments,
        MongoOrders: world.orders,
        MongoAnswers: world.answers,
        StripeGateway: world.gateway,
        StripeCardForm: FakeCardForm(),
        StripeWebhooks: FakeWebhooks(),
        SystemClock: world.clock,
    }
    fill_ports(monkeypatch, ports)
    return world


def call(function, method, path, body=b"", caller=None, media_type="application/json", **headers):
    return web.call(function, method, path, caller, body, CONTENT_TYPE=media_type, **headers)


def start(order_id, **more):
    body = json.dumps({"order_id": order_id}).encode()
    return call(start_payment, "POST", "/api/payments", body, ADA, **more)


def test_starting_answers_what_the_contract_says(world):
    order = world.placed()
    first, again = start(order.id), start(order.id)
    assert (first.status, again.status) == (201, 200)
    made = json.loads(first.body)
    assert made["amount"] == {"amount": 5000, "currency": "USD"}
    assert made.keys() >= {"payment_id", "client_secret", "publishable_key", "status"}
    assert json.loads(again.body) == made


def test_refusals_have_their_status_and_code(world):
    payment = world.paid()
    refused = start(payment.order_id)
    assert (refused.status, json.loads(refused.body)["code"]) == (409, "already_paid")
    assert start("x").status == 404
    assert call(start_payment, "POST", "/api/payments", b'{"order_id": 1}', ADA).status == 422
    assert call(start_payment, "POST", "/api/payments", b"{", ADA).status == 400
    assert call(start_payment, "POST", "/api/payments", b"{}").status == 401


def test_a_key_with_another_body_is_a_422(world):
    start(world.placed().id, HTTP_IDEMPOTENCY_KEY="k")
    refused = start(world.placed().id, HTTP_IDEMPOTENCY_KEY="k")
    assert (refused.status, json.loads(refused.body)["code"]) == (422, "idempotency_mismatch")


def test_the_pay_button_leads_to_the_form(world):
    order = world.placed()
    body = urlencode({"order_id": order.id}).encode()
    sent = call(start_payment, "POST", "/payments", body, ADA, FORM)
    assert (sent.status, dict(sent.headers)["Location"]) == (303, f"/payments/{order.id}")


def test_the_form_holds_what_the_browser_needs_and_may_talk_to_stripe(world):
    payment = world.started()
    shown = call(get_payment, "GET", f"/payments/{payment.order_id}", caller=ADA)
    page, headers = shown.body.decode(), dict(shown.headers)
    assert shown.status == 200
    assert f'data-client-secret="{payment.client_secret}"' in page
    assert 'data-publishable-key="pk_test_x"' in page
    assert 'data-stripe-url="http://127.0.0.1:1"' in page
    assert f'data-done="/orders/{payment.order_id}"' in page
    assert headers["HX-Redirect"] == f"/payments/{payment.order_id}"
    assert headers["Content-Security-Policy"] == FakeCardForm().content_security_policy


def test_no_field_of_the_card_has_a_name_so_that_no_form_can_send_it_to_us(world):
    payment = world.started()
    page = call(get_payment, "GET", f"/payments/{payment.order_id}", caller=ADA).body.decode()
    form = page[page.index('id="payment-form"') : page.index("</form>", page.index("card-cvc"))]
    assert "card-number" in form
    assert " name=" not in form


def test_a_paid_order_shows_no_form(world):
    payment = world.paid()
    page = call(get_payment, "GET", f"/payments/{payment.order_id}", caller=ADA).body.decode()
    assert "This order is paid." in page
    assert "payment-form" not in page


def test_the_back_office_refunds_from_a_form(world):
    payment = world.paid()
    host = {"HTTP_HOST": "admin.localhost"}
    page = call(get_payment, "GET", f"/payments/{payment.order_id}", caller=ADMIN, **host)
    path = f"/admin/payments/{payment.id}/refund"
    assert f'action="{path}"' in page.body.decode()
    assert 'name="amount_major"' in page.body.decode()
    body = urlencode({"version": payment.version, "amount_major": "20.00"}).encode()
    sent = call(refund_payment, "POST", path, body, ADMIN, FORM, **host)
    assert (sent.status, dict(sent.headers)["Location"]) == (303, f"/payments/{payment.order_id}")
    assert world.gateway.kept(payment.intent_id) == 3000
    seen = world.payment(payment.order_id).version
    rest = urlencode({"version": seen, "amount_major": ""}).encode()
    assert call(refund_payment, "POST", path, rest, ADMIN, FORM, **host).status == 303
    assert world.gateway.kept(payment.intent_id) == 0


def test_a_part_is_refunded_once_per_key_and_never_more_than_is_left(world):
    payment = world.paid()
    path = f"/api/admin/payments/{payment.id}/refund"

    def ask(amount, key):
        body = json.dumps({"amount": amount}).encode()
        answered = call(refund_payment, "POST", path, body, ADMIN, HTTP_IDEMPOTENCY_KEY=key)
        return answered.status, json.loads(answered.body)

    first = ask(2000, "a")
    assert ask(2000, "a") == first
    assert (first[0], first[1]["status"]) == (200, "partially_refunded")
    status, problem = ask(2001, "a")
    assert (status, problem["code"]) == (422, "idempotency_mismatch")
    status, problem = ask(3001, "b")
    assert (status, "3000" in problem["errors"]["amount"]) == (422, True)
    assert ask(3000, "c")[1]["status"] == "refunded"
    assert world.gateway.kept(payment.intent_id) == 0


def page_of(world, payment, caller, host="shop.localhost"):
    path = f"/payments/{payment.order_id}"
    return call(get_payment, "GET", path, caller=caller, HTTP_HOST=host).body.decode()


@pytest.mark.parametrize(
    ("status", "words", "has_form"),
    [
        ("inquiry", "asked the bank", True),
        ("open", "the bank holds the money", False),
        ("lost", "gave the money back", False),
        ("won", "decided for the shop", True),
    ],
)
def test_the_back_office_sees_a_dispute_and_its_end(world, status, words, has_form):
    payment = world.paid()
    assert "payment-dispute" not in page_of(world, payment, ADMIN, "admin.localhost")
    world.gateway.dispute(payment.intent_id)
    world.hear(world.gateway.close_dispute(payment.intent_id, status))
    page = page_of(world, payment, ADMIN, "admin.localhost")
    assert 'id="payment-dispute"' in page
    assert words in page
    assert ("refund-form" in page) is has_form


def test_a_challenge_that_is_not_over_leads_to_the_bank_or_to_another_card(world):
    payment = world.started()
    assert "challenge-button" not in page_of(world, payment, ADA)
    world.hear(world.gateway.require_action(payment.intent_id))
    page = page_of(world, payment, ADA)
    assert 'id="challenge-button"' in page
    assert 'id="payment-form"' in page


def test_a_payment_that_the_bank_works_on_is_not_asked_for_again(world):
    payment = world.started()
    world.hear(world.gateway.process(payment.intent_id))
    page = page_of(world, payment, ADA)
    assert "working on this payment" in page
    assert "payment-form" not in page
    assert "pay.js" not in page


def test_a_refund_over_the_api_needs_no_body_and_an_administrator(world):
    payment = world.paid()
    path = f"/api/admin/payments/{payment.id}/refund"
    assert call(refund_payment, "POST", path, caller=ADA).status == 403
    refunded = call(refund_payment, "POST", path, caller=ADMIN)
    assert (refunded.status, json.loads(refunded.body)["status"]) == (200, "refunded")
    assert call(refund_payment, "POST", path, caller=ADMIN).status == 409
    assert call(refund_payment, "POST", path, b'{"amount": 0}', ADMIN).status == 422


def test_stripe_posts_raw_messages_without_an_identity(world):
    payment = world.started()
    intent_id = world.gateway.pay(payment.intent_id)

    def hear(signature):
        return call(
            receive_stripe_webhook,
            "POST",
            "/api/payments/webhook",
            intent_id.encode(),
            media_type="application/json; charset=utf-8",
            HTTP_STRIPE_SIGNATURE=signature,
        )

    refused = hear("bad")
    assert (refused.status, json.loads(refused.body)["code"]) == (400, "bad_signature")
    assert hear("good").status == 200
    assert world.payment(payment.order_id).status == "succeeded"

import pytest

from shared.kernel.errors import NotFound
from tests.functions.payments.world import ADMIN, BOB, World


@pytest.fixture
def world():
    return World()


def test_the_owner_sees_the_payment_and_what_to_pay_it_with(world):
    payment = world.started()
    shown = world.show(payment.order_id).value
    assert shown.payment_id == payment.id
    assert shown.client_secret == payment.client_secret
    assert shown.publishable_key == "pk_test_x"
    assert shown.stripe_url == "http://127.0.0.1:1"


def test_an_administrator_sees_it_but_cannot_pay_it(world):
    shown = world.show(world.started().order_id, ADMIN).value
    assert shown.status == "requires_payment_method"
    assert shown.client_secret is None


def test_others_do_not_find_it(world):
    with pytest.raises(NotFound):
        world.show(world.started().order_id, BOB)


def test_before_it_is_started_there_is_none(world):
    with pytest.raises(NotFound):
        world.show(world.placed().id)


def test_a_paid_payment_shows_no_secret(world):
    shown = world.show(world.paid().order_id).value
    assert shown.status == "succeeded"
    assert shown.client_secret is None


def test_a_cancelled_order_shows_no_secret(world):
    payment = world.started()
    world.cancel_order(payment)
    assert world.show(payment.order_id).value.client_secret is None


def test_only_the_page_opens_the_policy_and_insists_on_a_document_of_its_own(world):
    payment = world.started()
    assert world.show(payment.order_id).headers == {}
    headers = world.show(payment.order_id, is_page=True).headers
    assert headers["HX-Redirect"] == f"/payments/{payment.order_id}"
    assert "Content-Security-Policy" in headers

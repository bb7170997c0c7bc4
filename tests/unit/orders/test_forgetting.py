"""What stays of an order once its buyer's account is gone."""

from dataclasses import replace

import pytest

from shared.contracts.orders import ShippingAddress
from shared.kernel.beginnings import folded
from shared.kernel.ids import PaymentId
from shared.orders.changes import advancing, forgotten, settled, with_payment
from shared.orders.model import PaymentInfo, Reason, Status, found_by
from tests.fakes.orders import ADDRESS, NOW, an_order

NOBODY = ShippingAddress(name="", line1="", city="", postal_code="", country="DE")


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED, Status.REFUNDED])
def test_an_order_with_nothing_to_ship_loses_name_and_address_at_once(status):
    order = an_order(status=status, shipping_address=replace(ADDRESS, line2="2nd floor"))
    after = forgotten(order, NOW)
    assert after.shipping_address == NOBODY
    assert (after.status, after.total, after.lines) == (status, order.total, order.lines)
    assert (after.user_id, after.version) == (order.user_id, order.version + 1)
    assert after.timeline == order.timeline


@pytest.mark.parametrize("status", [Status.PENDING, Status.AWAITING_PAYMENT])
def test_an_unpaid_order_is_cancelled(status):
    after = forgotten(an_order(status=status), NOW)
    assert (after.status, after.status_reason) == (Status.CANCELLED, Reason.SHOPPER)
    assert after.shipping_address == NOBODY
    assert after.version == 2


@pytest.mark.parametrize(
    ("steps", "keeps"),
    [
        ([], True),
        ([Status.SHIPPED], True),
        ([Status.SHIPPED, Status.DELIVERED], False),
        ([Status.CANCELLED], False),
    ],
)
def test_a_paid_order_keeps_its_address_until_the_parcel_has_arrived(steps, keeps):
    order = forgotten(an_order(status=Status.PAID), NOW)
    for step in steps:
        order = advancing(step, None)(order, NOW)
    assert order.shipping_address == (ADDRESS if keeps else NOBODY)


def test_a_refund_ends_the_need_of_an_address():
    order = forgotten(an_order(status=Status.SHIPPED), NOW)
    payment = PaymentInfo(id=PaymentId("p"), status="refunded", version=1)
    refunded = settled(with_payment(order, payment, NOW), NOW)
    assert (refunded.status, refunded.shipping_address) == (Status.REFUNDED, NOBODY)


@pytest.mark.parametrize("status", list(Status))
def test_an_order_is_forgotten_once(status):
    after = forgotten(an_order(status=status), NOW)
    assert forgotten(after, NOW) is after


def test_orders_of_others_keep_their_address_to_the_end():
    order = an_order(status=Status.SHIPPED)
    assert advancing(Status.DELIVERED, None)(order, NOW).shipping_address == ADDRESS


def test_an_order_is_found_by_its_number_and_from_each_word_of_the_name():
    order = an_order(number="P-ABC234", shipping_address=replace(ADDRESS, name=" Ada  B. Ł "))
    assert found_by(order) == ["p-abc234", "ada b. ł", "b. ł", "ł"]
    nobody = an_order(number="P-ABC234", shipping_address=NOBODY)
    assert found_by(nobody) == ["p-abc234"]


def test_a_name_of_many_words_makes_no_endless_list():
    order = an_order(shipping_address=replace(ADDRESS, name="a " * 100))
    assert len(found_by(order)) == 9


def test_text_is_compared_without_case_and_forms():
    assert folded("  STRASSE\t5 ") == folded("straße 5")
    assert folded("e\u0301") == folded("É")

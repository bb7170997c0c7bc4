import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from functions.payments.export_payments import export_payments
from shared.kernel.money import Money
from tests.functions.payments.world import ADA, BOB, World


@pytest.fixture
def world():
    return World()


def exported(world, caller=ADA):
    return export_payments(caller, world.payments)


def test_the_export_is_a_file_with_each_payment_and_its_refunds(world):
    payment = world.paid()
    world.refund(payment, 2000, key="the-key-of-a-request")
    reply = exported(world)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="popshop-payments.json"'
    (one,) = reply.value.payments
    assert (one.payment_id, one.order_id, one.status) == (
        payment.id,
        payment.order_id,
        "partially_refunded",
    )
    assert (one.amount, one.refunded) == (Money(5000), Money(2000))
    assert [(part.amount, part.reason) for part in one.refunds] == [(Money(2000), "admin")]


def test_the_export_holds_no_key_to_anything(world):
    payment = world.started()
    world.refund(world.paid(), 2000, key="the-key-of-a-request")
    body = msgspec.json.encode(exported(world).value).decode()
    assert len(json.loads(body)["payments"]) == 2
    for secret in (payment.client_secret, payment.intent_id, "the-key-of-a-request"):
        assert secret not in body


def test_the_export_is_ones_own_and_oldest_first(world):
    first, second = world.paid(), world.started()
    earlier = replace(second, started_at=first.started_at - timedelta(days=1))
    world.payments.by_order[second.order_id] = earlier
    ids = [one.payment_id for one in exported(world).value.payments]
    assert ids == [second.id, first.id]
    assert exported(world, BOB).value.payments == []

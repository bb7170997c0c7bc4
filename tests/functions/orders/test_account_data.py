"""What people take away and what is left of them: exports, invoices, deleted accounts."""

from datetime import timedelta

import pytest

from functions.orders.export_orders import export_orders
from functions.orders.get_invoice import get_invoice
from shared.kernel.errors import Forbidden, NotFound
from shared.kernel.ids import OrderId
from shared.orders.model import LIFETIME, NotPaid
from tests.fakes.orders import ADDRESS, FakeInvoices, an_order
from tests.functions.orders.world import ADA, ADMIN, BOB, World


@pytest.fixture
def world():
    return World()


def invoice(world, order_id, caller=ADA):
    return get_invoice(order_id, caller, world.orders, FakeInvoices())


def test_the_invoice_of_a_paid_order_is_a_pdf_named_by_its_number(world):
    order_id = world.paid()
    number = world.order(order_id).number
    for caller in (ADA, ADMIN):
        answer = invoice(world, order_id, caller)
        assert (answer.body, answer.media_type) == (f"%PDF of {number}".encode(), "application/pdf")
        assert f'filename="invoice-{number}.pdf"' in answer.headers["Content-Disposition"]


def test_another_ones_invoice_is_not_found(world):
    order_id = world.paid()
    for caller, wanted in ((BOB, order_id), (ADA, OrderId("x")), (ADMIN, OrderId("x"))):
        with pytest.raises(NotFound):
            invoice(world, wanted, caller)


def test_an_order_that_was_never_paid_has_no_invoice(world):
    pending, payable, cancelled = (
        world.placed(),
        world.payable(attempt=2),
        world.payable(attempt=3),
    )
    world.cancel(cancelled)
    for order_id in (pending, payable, cancelled):
        with pytest.raises(NotPaid, match=world.order(order_id).number):
            invoice(world, order_id)


@pytest.mark.parametrize("end", ["cancelled", "refunded", "delivered"])
def test_an_order_that_was_paid_keeps_its_invoice(world, end):
    order_id = world.paid()
    if end == "cancelled":
        world.cancel(order_id)
    elif end == "refunded":
        world.pay(order_id, "refunded")
    else:
        world.advance(order_id, "shipped")
        world.advance(order_id, "delivered")
    assert world.see(order_id).is_invoiced
    assert invoice(world, order_id).body


def test_all_of_somebodys_orders_are_exported_with_addresses(world):
    for number in range(105):
        world.placed(attempt=number)
    world.placed(caller=BOB, cart_id="bobs")
    answer = export_orders(ADA, world.orders)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.value.orders) == 105
    ids = [order.id for order in answer.value.orders]
    assert ids == sorted(set(ids), reverse=True)
    assert {order.shipping_address for order in answer.value.orders} == {ADDRESS}


def test_nobody_without_orders_is_told_of_others(world):
    world.placed()
    assert export_orders(BOB, world.orders).value.orders == []


def test_a_deleted_persons_orders_lose_name_and_address_and_keep_figures(world):
    done, unpaid = world.paid(), world.payable(attempt=2)
    world.advance(done, "shipped")
    world.advance(done, "delivered")
    bobs = world.placed(caller=BOB, cart_id="bobs")
    world.delete_user()
    for order_id in (done, unpaid):
        order = world.order(order_id)
        assert (order.shipping_address.name, order.shipping_address.line1) == ("", "")
        assert order.shipping_address.city == order.shipping_address.postal_code == ""
        assert order.total.amount == 2499
    assert world.status(unpaid) == "cancelled"
    assert world.topics[-1] == "order.cancelled"
    assert world.order(bobs).shipping_address == ADDRESS


@pytest.mark.parametrize("end", ["delivered", "cancelled", "refunded"])
def test_a_parcel_still_reaches_a_deleted_person_and_then_the_address_goes(world, end):
    order_id = world.paid()
    world.delete_user()
    assert world.order(order_id).shipping_address == ADDRESS
    if end == "delivered":
        world.advance(order_id, "shipped", "T-1")
        assert world.order(order_id).shipping_address == ADDRESS
        world.advance(order_id, "delivered")
    elif end == "cancelled":
        world.cancel(order_id, ADMIN)
    else:
        world.pay(order_id, "refunded")
    assert world.status(order_id) == end
    assert world.order(order_id).shipping_address.name == ""


def test_a_deletion_told_twice_changes_nothing(world):
    order_id = world.payable()
    world.delete_user()
    before = world.order(order_id)
    world.clock.time += timedelta(minutes=1)
    world.delete_user()
    assert world.order(order_id) == before
    assert world.topics.count("order.cancelled") == 1


def test_a_deletion_that_died_half_way_is_finished_by_its_redelivery(world):
    ids = [world.placed(attempt=number) for number in range(3)]

    def die():
        raise ConnectionError

    world.orders.before_save = die
    with pytest.raises(ConnectionError):
        world.delete_user()
    world.delete_user()
    assert {world.order(order_id).shipping_address.name for order_id in ids} == {""}


def test_a_deleted_person_can_not_order(world):
    world.delete_user()
    with pytest.raises(Forbidden, match="deleted"):
        world.place()
    assert world.orders.by_id == {}
    world.place(caller=BOB)


def test_a_repeated_checkout_of_a_deleted_person_brings_nothing_back(world):
    first = world.place()
    world.delete_user()
    again = world.place()
    assert (again.order_id, again.status) == (first.order_id, "cancelled")
    assert world.order(OrderId(first.order_id)).shipping_address.name == ""


def test_an_order_placed_at_the_very_moment_of_the_deletion_is_forgotten_by_the_sweep(world):
    world.delete_user()
    late = world.orders.add(an_order(now=world.clock.time))
    world.sweep()
    assert world.status(late.id) == "cancelled"
    assert world.order(late.id).shipping_address.name == ""


def test_the_sweep_leaves_those_alone_who_are_not_deleted(world):
    world.delete_user(BOB)
    order_id = world.placed()
    world.sweep()
    assert not world.order(order_id).is_forgotten
    world.clock.time += LIFETIME
    world.sweep()
    assert world.order(order_id).shipping_address == ADDRESS


def test_a_deleted_persons_country_stays_for_taxes(world):
    order_id = world.payable()
    world.delete_user()
    assert world.see(order_id, ADMIN).shipping_address.country == "DE"

"""One suite for the payments' stores, fake and real."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from shared.contracts.payments import PaymentCreated
from shared.kernel.errors import IdempotencyMismatch
from shared.kernel.ids import OrderId, PaymentId, UserId, new_id
from shared.kernel.money import Money
from shared.payments.changes import observe, opened, with_intent, with_refund
from shared.payments.model import Dispute, Intent, Order
from shared.payments.mongo import INDEXES, MongoAnswers, MongoOrders, MongoPayments
from shared.runtime.mongo import collection
from tests.fakes.payments import FakeAnswers, FakeOrders, FakePayments

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
PAID = Intent(id="pi_1", client_secret="pi_1_secret_x", status="succeeded")


@dataclass
class Answer:
    number: int
    at: datetime
    text: str | None = None


def an_order(**changes):
    order = Order(
        id=OrderId(new_id()),
        number="P-1",
        user_id=UserId("ada"),
        status="awaiting_payment",
        total=Money(5000, "EUR"),
        expires_at=NOW + timedelta(minutes=15),
        version=2,
    )
    return replace(order, **changes)


def a_payment():
    return opened(an_order(), PaymentId(new_id()), NOW)


@pytest.fixture(params=["fake", ENGINES])
def payments(request):
    if request.param == "fake":
        return FakePayments()
    mongo, sink = request.getfixturevalue("mongo"), request.getfixturevalue("sink")
    for index in INDEXES:
        index.create(mongo)
    return MongoPayments(mongo, sink.settings)


@pytest.fixture(params=["fake", ENGINES])
def orders(request):
    if request.param == "fake":
        return FakeOrders()
    return MongoOrders(request.getfixturevalue("mongo"))


@pytest.fixture(params=["fake", ENGINES])
def answers(request):
    return (
        FakeAnswers() if request.param == "fake" else MongoAnswers(request.getfixturevalue("mongo"))
    )


def test_what_is_stored_comes_back_whole(payments):
    payment = with_intent(a_payment(), PAID)
    paid = observe(payment, PAID).after
    refunding = with_refund(paid, 100, "admin", "k")
    assert payments.add(payment)
    assert payments.save(payment, refunding)
    assert payments.get(payment.order_id) == refunding
    assert payments.by_id(payment.id) == refunding
    assert payments.by_intent("pi_1") == refunding


def test_what_was_never_stored_is_not_there(payments):
    assert payments.get(OrderId("x")) is None
    assert payments.by_id(PaymentId("x")) is None
    assert payments.by_intent("x") is None


def test_an_order_has_one_payment_whoever_comes_first(payments):
    first = a_payment()
    rivals = [replace(first, id=PaymentId(new_id())) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        added = list(pool.map(payments.add, rivals))
    assert sum(added) == 1
    assert payments.get(first.order_id) == rivals[added.index(True)]


def test_of_rivals_at_the_same_version_one_saves(payments):
    payment = a_payment()
    payments.add(payment)
    after = with_intent(payment, PAID)
    with ThreadPoolExecutor(10) as pool:
        saved = list(pool.map(lambda _: payments.save(payment, after), range(10)))
    assert sum(saved) == 1
    assert payments.get(payment.order_id) == after


def test_a_reason_that_no_longer_holds_is_forgotten(payments):
    payment = with_intent(a_payment(), PAID)
    payments.add(payment)
    declined = observe(payment, replace(PAID, status="requires_payment_method", decline="c")).after
    payments.save(payment, declined)
    payments.save(declined, observe(declined, PAID).after)
    assert payments.get(payment.order_id).reason is None


def test_only_what_is_unfinished_is_swept_oldest_first(payments):
    old, new, future, done = (
        replace(a_payment(), started_at=NOW + timedelta(minutes=minutes), version=1)
        for minutes in (0, 1, 60, 0)
    )
    for payment in (new, old, future, done):
        payments.add(payment)
    started = with_intent(done, PAID)
    payments.save(done, started)
    payments.save(started, observe(started, PAID).after)
    ids = [payment.id for payment in payments.unsettled(NOW + timedelta(minutes=5), 10)]
    assert ids == [old.id, new.id]
    assert len(payments.unsettled(NOW + timedelta(minutes=5), 1)) == 1


def test_somebodys_payments_are_given_oldest_first(payments):
    new, old, foreign = (
        replace(a_payment(), started_at=NOW + timedelta(days=days), user_id=UserId(user_id))
        for days, user_id in ((1, "ada"), (0, "ada"), (0, "bob"))
    )
    for payment in (new, old, foreign):
        payments.add(payment)
    assert payments.of_user(UserId("ada")) == [old, new]
    assert payments.of_user(UserId("nobody")) == []


@pytest.mark.engines
def test_a_dispute_comes_back_whole(mongo, sink):
    payments = MongoPayments(mongo, sink.settings)
    payment = with_intent(a_payment(), PAID)
    payments.add(payment)
    lost = replace(PAID, dispute=Dispute(status="lost", amount=Money(5000, "EUR")))
    after = observe(payment, lost).after
    assert payments.save(payment, after)
    assert payments.get(payment.order_id) == after


@pytest.mark.engines
def test_the_payments_of_a_user_are_found_by_an_index(mongo):
    for index in INDEXES:
        index.create(mongo)
    found = collection(mongo, "payments").find({"user_id": "ada"}).sort("started_at", 1)
    plan = str(found.explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan


@pytest.mark.engines
def test_state_and_event_are_one_write_and_what_is_left_is_swept(mongo, sink, monkeypatch):
    payments = MongoPayments(mongo, sink.settings)
    payment = with_intent(a_payment(), PAID)
    payments.add(payment)
    change = observe(payment, PAID)
    assert isinstance(change.events[0], PaymentCreated)
    sink.is_down = True
    assert payments.save(payment, change.after, change.events)
    assert sink.topics == []
    assert payments.get(payment.order_id) == change.after
    sink.is_down = False
    monkeypatch.setattr("shared.runtime.outbox._SWEEP_AGE", timedelta(0))
    assert payments.sweep() == 1
    assert payments.sweep() == 0
    assert sink.topics == ["payment-created"]


@pytest.mark.engines
def test_an_event_is_published_at_once_and_a_lost_race_publishes_nothing(mongo, sink):
    payments = MongoPayments(mongo, sink.settings)
    payment = with_intent(a_payment(), PAID)
    payments.add(payment)
    change = observe(payment, PAID)
    assert payments.save(payment, change.after, change.events)
    assert not payments.save(payment, change.after, change.events)
    assert sink.topics == ["payment-created"]


def test_the_newest_order_is_kept(orders):
    order = an_order()
    assert orders.keep(order)
    assert not orders.keep(order)
    assert not orders.keep(replace(order, status="pending", version=1))
    assert orders.get(order.id) == order
    assert orders.keep(replace(order, status="cancelled", version=3))
    assert orders.get(order.id).status == "cancelled"


def test_of_rival_versions_of_an_order_the_newest_stays(orders):
    versions = [an_order(id=OrderId("o"), version=version) for version in range(1, 21)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(orders.keep, versions))
    assert orders.get(OrderId("o")).version == 20


def test_waiting_ends_with_what_is_known_when_time_is_up(orders):
    assert orders.wait_until_decided(OrderId("x"), 0.05) is None
    order = an_order(status="pending", version=1)
    orders.keep(order)
    assert orders.wait_until_decided(order.id, 0.05) == order


@pytest.mark.engines
def test_waiting_ends_when_the_order_is_decided(mongo):
    orders, order = MongoOrders(mongo), an_order()
    orders.keep(replace(order, status="pending", version=1))
    confirming = Thread(target=lambda: orders.keep(order))
    confirming.start()
    assert orders.wait_until_decided(order.id, 5) == order
    confirming.join()


def test_the_first_answer_to_a_key_is_the_answer(answers):
    first = Answer(1, NOW)
    assert answers.claim("k", "f", Answer, NOW) is None
    assert answers.claim("k", "f", Answer, NOW) is None
    assert answers.keep("k", first) == first
    assert answers.keep("k", Answer(2, NOW)) == first
    assert answers.claim("k", "f", Answer, NOW) == first


def test_a_key_with_another_body_is_refused(answers):
    answers.claim("k", "f", Answer, NOW)
    with pytest.raises(IdempotencyMismatch):
        answers.claim("k", "other", Answer, NOW)

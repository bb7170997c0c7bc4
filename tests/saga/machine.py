"""People, time and a careless bus do what they like; the ledger must hold after every step."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from functions.cart.settle_cart import settle_cart
from shared.kernel.errors import Refusal
from shared.orders.model import Order
from tests.saga.bus import Delivery
from tests.saga.ledger import check_always, check_drained
from tests.saga.reactions import SWEEPS
from tests.saga.shop import SHOPPERS, STOCK, Shop, shopper

_PICK = st.integers(0, 30)
_NAMES = st.sampled_from(SHOPPERS)
_GOODS = st.sampled_from(sorted(STOCK))
_PIECES = st.integers(1, 3)
_STAGES = ("placed", "confirmed", "started", "paid", "settled")
_PURCHASE = st.tuples(_NAMES, _GOODS, _PIECES, st.sampled_from(_STAGES))
_MANY = 300


class OrderSaga(RuleBasedStateMachine):
    """``carts`` is what everybody expects to find in the cart."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.carts: dict[str, Counter[str]] = {}
        self.settled: set[str] = set()
        self.done: list[Delivery] = []

    # ---- people

    @initialize(purchases=st.lists(_PURCHASE, min_size=1, max_size=3))
    def open_the_shop(self, purchases: list[tuple[str, str, int, str]]) -> None:
        """Chance alone seldom gets far: some orders are on their way when it begins."""
        for purchase in purchases:
            self.buy_up_to(purchase)

    @rule(purchase=_PURCHASE)
    def buy_up_to(self, purchase: tuple[str, str, int, str]) -> None:
        """A purchase as it should be, up to a stage of it."""
        name, product_id, quantity, stage = purchase
        known = len(self.shop.orders.by_id)
        self.buy(name, product_id, quantity)
        if len(self.shop.orders.by_id) == known:
            return
        steps: list[Callable[[], None]] = [
            self._deliver_everything,
            lambda: self.start_payment(0),
            self._pay_the_newest,
            self._deliver_everything,
        ]
        for step in steps[: _STAGES.index(stage)]:
            step()

    @rule(name=_NAMES, product_id=_GOODS, quantity=_PIECES)
    def buy(self, name: str, product_id: str, quantity: int) -> None:
        self._try(lambda: self.shop.add(shopper(name), product_id, quantity))
        self._try(lambda: self.shop.check_out(shopper(name)))

    @rule(name=_NAMES, with_coupon=st.booleans())
    def check_out_again(self, name: str, with_coupon: bool) -> None:  # noqa: FBT001 - drawn
        if with_coupon:
            self._try(lambda: self.shop.apply_coupon(shopper(name)))
        self._try(lambda: self.shop.check_out(shopper(name)))

    @rule(name=_NAMES, product_id=_GOODS)
    def add_as_a_guest(self, name: str, product_id: str) -> None:
        self._try(lambda: self.shop.add(shopper(name, is_guest=True), product_id, 1))

    @rule(name=_NAMES)
    def come_back_with_a_guest_cart(self, name: str) -> None:
        self._try(lambda: self.shop.look_at_cart(shopper(name, has_guest_cart=True)))

    def _pay_the_newest(self) -> None:
        payment = self.shop.payments.by_order.get(self._order(0).id)
        if payment and payment.intent_id:
            self.shop.gateway.pay(payment.intent_id)
            self.shop.tell_by_webhook(payment.intent_id)

    @precondition(lambda self: self.shop.orders.by_id)
    @rule(pick=_PICK)
    def start_payment(self, pick: int) -> None:
        self._try(lambda: self.shop.start_payment(self._order(pick).id))

    @precondition(lambda self: self._intents())
    @rule(pick=_PICK, is_told=st.booleans())
    def pay(self, pick: int, is_told: bool) -> None:  # noqa: FBT001 - drawn
        intent = self._intent(pick)
        self.shop.gateway.pay(intent)
        if is_told:
            self.shop.tell_by_webhook(intent)

    @precondition(lambda self: self._intents())
    @rule(pick=_PICK, charge=st.sampled_from(["ch_1", "ch_2"]))
    def be_declined(self, pick: int, charge: str) -> None:
        self.shop.tell_by_webhook(self.shop.gateway.decline(self._intent(pick), charge))

    @precondition(lambda self: self.shop.orders.by_id)
    @rule(pick=_PICK)
    def cancel(self, pick: int) -> None:
        self._try(lambda: self.shop.cancel(self._order(pick).id))

    @precondition(lambda self: self.shop.orders.by_id)
    @rule(pick=_PICK, status=st.sampled_from(["shipped", "delivered", "cancelled"]))
    def advance(self, pick: int, status: str) -> None:
        self._try(lambda: self.shop.advance(self._order(pick).id, status))

    @precondition(lambda self: self.shop.payments.by_order)
    @rule(pick=_PICK, amount=st.sampled_from([None, 500]))
    def refund(self, pick: int, amount: int | None) -> None:
        payment = _pick(list(self.shop.payments.by_order.values()), pick)
        self._try(lambda: self.shop.refund(payment.id, amount))

    @rule(product_id=_GOODS, amount=st.sampled_from([900, 1000]))
    def reprice(self, product_id: str, amount: int) -> None:
        self._try(lambda: self.shop.reprice(product_id, amount))

    # ---- the bus

    @precondition(lambda self: self.shop.bus.waiting)
    @rule(pick=_PICK)
    def deliver_any(self, pick: int) -> None:
        self._deliver(_pick(self.shop.bus.waiting, pick))

    @precondition(lambda self: self.shop.bus.waiting)
    @rule(count=st.integers(1, 12))
    def deliver_in_order(self, count: int) -> None:
        for delivery in self.shop.bus.waiting[:count]:
            self._deliver(delivery)

    @precondition(lambda self: self.done)
    @rule(pick=_PICK)
    def deliver_again(self, pick: int) -> None:
        """Its 2xx was lost."""
        self._deliver(_pick(self.done, pick))

    @precondition(lambda self: self.done)
    @rule(count=st.integers(1, 20))
    def deliver_again_since_the_last_commit(self, count: int) -> None:
        """The dispatcher died before it committed its offsets."""
        for delivery in self.done[-count:]:
            self._deliver(delivery)

    @rule(crash=st.sampled_from(["lost", "unpulled"]))
    def crash_at_the_next_publication(self, crash: str) -> None:
        self.shop.bus.crashes.append(crash)

    @rule(countdown=st.integers(1, 4), is_after=st.booleans())
    def break_a_write_to_come(self, countdown: int, is_after: bool) -> None:  # noqa: FBT001
        self.shop.faults.countdown, self.shop.faults.is_after = countdown, is_after

    # ---- time

    @rule(minutes=st.sampled_from([1, 3, 16]))
    def pass_time(self, minutes: int) -> None:
        self.shop.pass_time(minutes)

    @rule(context=st.sampled_from(sorted(SWEEPS)))
    def sweep(self, context: str) -> None:
        self._try(lambda: self.shop.sweep(context))

    # ---- what must hold

    @invariant()
    def the_ledger_holds(self) -> None:
        check_always(self.shop)
        assert self._lines() == self.carts

    def teardown(self) -> None:
        self.shop.drain()
        check_drained(self.shop)
        for delivery in self.done:
            self.shop.deliver(delivery)
        self.shop.deliver_all()
        check_drained(self.shop)

    def _try(self, act: Callable[[], Any]) -> None:
        """People are refused now and then; they see what is in their cart afterwards."""
        try:
            act()
        except Refusal:
            pass
        finally:
            self.carts = self._lines()

    def _deliver(self, delivery: Delivery) -> None:
        before = {cart.id: cart.version for cart in self.shop.carts.by_owner.values()}
        waiting = self.shop.bus.waiting
        if delivery in waiting:
            waiting.remove(delivery)
        try:
            self.shop.deliver(delivery)
            self.done.append(delivery)
        except Refusal:
            waiting.append(delivery)  # Knative tries again
        if delivery.function is settle_cart:
            self._expect_settled(delivery.payload, before)

    def _deliver_everything(self) -> None:
        for _ in range(_MANY):
            if self.shop.bus.waiting:
                self._deliver(self.shop.bus.waiting[0])

    def _expect_settled(self, order: Any, before: dict[Any, int]) -> None:
        """The pieces of a paid order leave the cart once; nothing else does."""
        cart = self.shop.carts.by_id(order.cart_id)
        if cart is None or order.id in self.settled or cart.version == before[cart.id]:
            return
        self.settled.add(order.id)
        for line in order.lines:
            self.carts[cart.owner][line.product_id] -= line.quantity
        self.carts[cart.owner] = +self.carts[cart.owner]

    def _lines(self) -> dict[str, Counter[str]]:
        return {
            cart.owner: Counter({line.product_id: line.quantity for line in cart.lines})
            for cart in self.shop.carts.by_owner.values()
        }

    def _order(self, pick: int) -> Order:
        order: Order = _pick(list(self.shop.orders.by_id.values()), pick)
        return order

    def _intent(self, pick: int) -> str:
        intent: str = _pick(self._intents(), pick)
        return intent

    def _intents(self) -> list[str]:
        """Those that somebody may have been told the secret of."""
        payments = self.shop.payments.by_order.values()
        return [payment.intent_id for payment in payments if payment.intent_id]


def _pick(items: list[Any], pick: int) -> Any:
    """The newest for 0: what is young is what is interesting."""
    return items[-1 - pick % len(items)]

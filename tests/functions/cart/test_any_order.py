"""Whatever people and events do to a cart, and in whichever order, it stays what it should be."""

from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.cart.model import EmptyCart, OutOfStock, PriceChanged
from shared.contracts.orders import OrderCancelled, OrderPaid
from shared.kernel.errors import Invalid, NotFound
from tests.functions.cart.world import ADA, ADA_AFTER_LOGIN, GUEST, LAMP, SOFA, World

CALLERS = st.sampled_from([ADA, GUEST])
PRODUCTS = st.sampled_from([LAMP, SOFA])


@dataclass
class Expected:
    """What the two carts should hold."""

    mine: dict[str, int] = field(default_factory=dict)
    guests: dict[str, int] = field(default_factory=dict)


class CartLife(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.world = World()
        self.expected = Expected()
        self.settled: set[str] = set()
        self.versions: list[int] = [0]

    def of(self, caller):
        return self.expected.mine if caller is ADA else self.expected.guests

    @rule(caller=CALLERS, product=PRODUCTS, quantity=st.integers(1, 60))
    def add(self, caller, product, quantity):
        total = self.of(caller).get(product, 0) + quantity
        if total <= 99:
            self.world.add(caller, product, quantity)
            self.of(caller)[product] = total
            return
        with suppress(Invalid):
            self.world.add(caller, product, quantity)
            raise AssertionError("more than 99")

    @rule(caller=CALLERS, product=PRODUCTS, quantity=st.integers(0, 99))
    def set(self, caller, product, quantity):
        if quantity and product not in self.of(caller):
            with suppress(NotFound):
                self.world.set(caller, product, quantity)
                raise AssertionError("not in the cart")
            return
        self.world.set(caller, product, quantity)
        self.of(caller)[product] = quantity
        if not quantity:
            del self.of(caller)[product]

    @rule(caller=CALLERS)
    def clear(self, caller):
        self.world.clear(caller)
        self.of(caller).clear()

    @rule()
    def log_in(self):
        self.world.see(ADA_AFTER_LOGIN)
        for product, quantity in self.expected.guests.items():
            self.expected.mine[product] = min(self.expected.mine.get(product, 0) + quantity, 99)
        self.expected.guests.clear()

    @rule(amount=st.integers(900, 1100))
    def reprice(self, amount):
        self.world.reprice("lamp", amount)

    @rule()
    def check_out(self):
        try:
            first = self.world.check_out()
        except (EmptyCart, OutOfStock, PriceChanged):
            return
        assert self.world.check_out() == first

    @rule(data=st.data())
    def an_order_is_paid(self, data):
        if not self.world.desk.asked:
            return
        number = data.draw(st.integers(0, len(self.world.desk.asked) - 1))
        order = self.world.order(OrderPaid, number)
        self.world.settle(order)
        if order.id in self.settled:
            return
        self.settled.add(order.id)
        for line in order.lines:
            left = self.expected.mine.get(line.product_id, 0) - line.quantity
            self.expected.mine.pop(line.product_id, None)
            if left > 0:
                self.expected.mine[line.product_id] = left

    @rule(data=st.data())
    def an_order_is_cancelled(self, data):
        if self.world.desk.asked:
            number = data.draw(st.integers(0, len(self.world.desk.asked) - 1))
            self.world.reopen(self.world.order(OrderCancelled, number))

    @invariant()
    def the_carts_hold_what_they_should(self):
        assert self.world.pieces(ADA) == self.expected.mine
        assert self.world.pieces(GUEST) == self.expected.guests

    @invariant()
    def the_version_never_goes_back(self):
        self.versions.append(self.world.see(ADA).version)
        assert self.versions == sorted(self.versions)

    @invariant()
    def each_state_was_told_as_one_checkout(self):
        orders = [event.order_id for event in self.world.carts.told]
        assert len(orders) == len(set(orders)) == len(self.world.desk.by_key)


CartLife.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestCartLife = CartLife.TestCase

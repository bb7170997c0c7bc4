"""People and things that nobody may touch, for the tests of what is refused."""

import pytest

from tests.e2e.refused import World, holdings
from tests.e2e.shop import Client


@pytest.fixture(scope="module")
def world(stack, admin):
    shopper, stranger = Client(stack), Client(stack)
    shopper.register()
    stranger.register()
    product, other = admin.create_product()["id"], admin.create_product()["id"]
    order = shopper.buy(other)
    payment = shopper.start_payment(order)["payment_id"]
    shopper.add(product)
    stack.wait_until_quiet()
    return World(shopper, admin, stranger, {"product": product, "order": order, "payment": payment})


@pytest.fixture
def unchanged(stack, world):
    """Nothing in any database is different after the test."""
    before = holdings(stack)
    yield
    assert holdings(stack) == before

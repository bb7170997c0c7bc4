from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.orders import OrderLine
from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from shared.products.purchases import MAX_PAIRED, pairs_of, products_of

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=3), max_size=30, unique=True)


def a_line(name):
    free = Money(0)
    return OrderLine(
        product_id=name, sku=name, title=name, unit_price=free, quantity=1, line_total=free
    )


def test_two_lines_of_one_product_are_one_product_in_the_order_of_the_lines():
    assert products_of([a_line("pot"), a_line("tea"), a_line("pot")]) == ["pot", "tea"]
    assert products_of([]) == []


def test_the_lower_id_of_a_pair_comes_first():
    tea, pot, cup = (ProductId(name) for name in ("tea", "pot", "cup"))
    assert pairs_of([tea, cup, pot]) == [(cup, pot), (cup, tea), (pot, tea)]
    assert pairs_of([tea]) == []


@given(NAMES)
def test_every_two_of_the_first_products_are_one_pair(names):
    paired = names[:MAX_PAIRED]
    pairs = pairs_of(names)
    assert {frozenset(pair) for pair in pairs} == set(map(frozenset, combinations(paired, 2)))
    assert len(pairs) == len(paired) * (len(paired) - 1) // 2 <= 190
    assert all(low < high for low, high in pairs)

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.kernel.errors import Invalid
from shared.kernel.ids import ImageId, OrderId, ProductId
from shared.kernel.money import Money
from shared.products.gallery import MAX_IMAGES, with_image, without_image
from shared.products.holds import KEPT_RETURNS, with_hold, with_return, without_hold
from shared.products.model import (
    KEPT_STOCK_CHANGES,
    Details,
    Image,
    OutOfStock,
    Product,
    deleted,
    new_product,
    with_details,
    with_stock,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ORDER = OrderId("o")


@pytest.fixture
def tea() -> Product:
    details = Details(title="Tea", category="drinks", price=Money(500))
    return new_product(ProductId("0123456789-abcdef012345"), details, 5, "admin", NOW)


def test_a_product_without_title_category_or_price_is_none():
    with pytest.raises(Invalid) as caught:
        new_product(ProductId("p"), Details(title="x"), 1, "admin", NOW)
    assert set(caught.value.errors) == {"category", "price"}


def test_a_product_is_given_a_sku_and_begins_at_version_one(tea):
    assert (tea.sku, tea.version) == ("P-ABCDEF012345", 1)


def test_every_change_is_one_version(tea):
    assert with_details(tea, Details(title="Pot")).version == 2
    assert with_stock(tea, 9, "admin", NOW).version == 2
    assert with_hold(tea, ORDER, 1).version == 2
    assert with_return(tea, ORDER, 1).version == 2
    assert deleted(tea).version == 2


def test_what_changes_nothing_is_the_same_product(tea):
    assert with_details(tea, Details(title="Tea")) is tea
    assert with_stock(tea, 5, "admin", NOW) is tea
    assert without_hold(tea, ORDER) is tea
    returned = with_return(tea, ORDER, 1)
    assert with_return(returned, ORDER, 1) is returned


def test_an_empty_description_can_be_given(tea):
    told = with_details(tea, Details(description="long"))
    assert with_details(told, Details(description="")).description == ""


def test_stock_below_none_is_refused(tea):
    with pytest.raises(OutOfStock):
        with_stock(tea, -1, "admin", NOW)


def test_the_audit_keeps_the_latest_entries(tea):
    product = tea
    for pieces in range(6, 200):
        product = with_stock(product, pieces, "admin", NOW)
    assert len(product.stock_changes) == KEPT_STOCK_CHANGES
    assert product.stock_changes[-1].available == 199


def test_held_pieces_are_not_free(tea):
    held = with_hold(tea, ORDER, 2)
    assert (held.available, held.holds[0].quantity, held.holds[0].version) == (3, 2, 2)
    assert without_hold(held, ORDER).available == 5


def test_a_sold_hold_leaves_and_frees_nothing(tea):
    held = with_hold(tea, ORDER, 2)
    sold = without_hold(held, ORDER, held.holds[0])
    assert (sold.available, sold.holds) == (3, [])


def test_a_later_hold_of_a_sold_order_is_freed(tea):
    sold = with_hold(tea, ORDER, 2).holds[0]
    later = with_hold(replace(tea, version=7), ORDER, 2)
    assert without_hold(later, ORDER, sold).available == 5


def test_other_orders_keep_their_holds(tea):
    both = with_hold(with_hold(tea, ORDER, 1), OrderId("p"), 2)
    assert [hold.order_id for hold in without_hold(both, ORDER).holds] == ["p"]


def test_returns_are_remembered_for_long(tea):
    product = tea
    for number in range(KEPT_RETURNS):
        product = with_return(product, OrderId(str(number)), 1)
    assert with_return(product, OrderId("0"), 1) is product
    assert product.available == 5 + KEPT_RETURNS


def an_image(number: int) -> Image:
    return Image(id=ImageId(str(number)), key="k", thumbnail_key="t", width=1, height=1)


def test_pictures_are_kept_in_order_each_once(tea):
    product = tea
    for number in range(MAX_IMAGES):
        product = with_image(product, an_image(number))
    assert with_image(product, an_image(0)) is product
    with pytest.raises(Invalid):
        with_image(product, an_image(MAX_IMAGES))
    fewer, gone = without_image(product, ImageId("3"))
    assert gone.id == "3"
    assert [image.id for image in fewer.images] == [str(n) for n in range(MAX_IMAGES) if n != 3]


def test_a_tombstone_keeps_its_holds_and_loses_its_pictures(tea):
    gone = deleted(with_image(with_hold(tea, ORDER, 1), an_image(1)))
    assert (gone.deleted, len(gone.holds), gone.images) == (True, 1, [])

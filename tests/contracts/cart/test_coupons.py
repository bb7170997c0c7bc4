"""One suite for the stores of coupons and their uses, fake and real."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.cart.mongo_coupons import MongoCoupons, MongoCouponUses
from tests.fakes.cart import NOW, FakeCoupons, FakeCouponUses, a_coupon

ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(params=["fake", ENGINES])
def stores(request):
    if request.param == "fake":
        uses = FakeCouponUses()
        return FakeCoupons(uses), uses
    database = request.getfixturevalue("database")
    return MongoCoupons(database), MongoCouponUses(database)


@pytest.fixture
def coupons(stores):
    return stores[0]


@pytest.fixture
def uses(stores):
    return stores[1]


@pytest.fixture
def used(coupons):
    """How often the coupon TEN is used."""
    return lambda: next(one.used for one in coupons.page(1, 100).items if one.code == "TEN")


@pytest.fixture
def two(coupons):
    """A coupon of two uses."""
    coupon = a_coupon(max_uses=2)
    coupons.add(coupon)
    return coupon


# ---- coupons


def test_what_is_given_out_comes_back_whole_and_can_be_taken_back(coupons):
    terms = {"amount_off": 500, "minimum": 1000, "max_uses": 3}
    coupon = a_coupon("FIVE", expires_at=LATER, **terms)
    assert coupons.add(coupon)
    assert coupons.find("FIVE", besides="") == coupon
    assert coupons.remove("FIVE")
    assert not coupons.remove("FIVE")
    assert coupons.find("FIVE", besides="") is None


def test_a_code_is_taken_once_whoever_comes_first(coupons):
    rivals = [a_coupon() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(coupons.add, rivals)) == 1
    assert coupons.find("TEN", besides="") in rivals


def test_the_newest_coupons_are_listed_first_by_the_page(coupons):
    for number in range(5):
        coupons.add(a_coupon(f"C{number}"))
    page = coupons.page(2, 2)
    assert [one.code for one in page.items] == ["C2", "C1"]
    assert (page.page, page.page_size, page.total) == (2, 2, 5)
    assert coupons.page(4, 2).items == []


def test_each_coupon_is_listed_with_its_own_uses(coupons, uses):
    ten, two = a_coupon(), a_coupon("TWO", max_uses=2)
    for coupon in (ten, two):
        coupons.add(coupon)
    for number in range(3):
        uses.take(ten, f"t{number}", NOW)
    uses.take(two, "k", NOW)
    uses.take(two, "gone", NOW)
    uses.give_back("gone", NOW)
    assert {one.code: one.used for one in coupons.page(1, 10).items} == {"TEN": 3, "TWO": 1}


def test_the_uses_of_others_are_counted_for_a_limited_coupon(coupons, uses, two):
    uses.take(two, "a", NOW)
    uses.take(two, "b", NOW)
    assert coupons.find("TEN", besides="a").used == 1
    assert coupons.find("TEN", besides="c").used == 2


def test_a_code_that_is_given_out_anew_begins_without_uses(coupons, uses, used, two):
    uses.take(two, "a", NOW)
    coupons.remove("TEN")
    coupons.add(a_coupon(max_uses=2))
    assert used() == 0


# ---- uses


def test_no_more_uses_are_taken_than_there_are(uses, used, two):
    assert [uses.take(two, key, NOW) for key in "abc"] == [True, True, False]
    assert used() == 2


def test_a_coupon_without_a_limit_is_taken_by_everybody(coupons, uses, used):
    coupon = a_coupon()
    coupons.add(coupon)
    assert all(uses.take(coupon, f"k{number}", NOW) for number in range(30))
    assert used() == 30


@pytest.mark.parametrize("limit", [5, 40])
def test_of_rivals_at_once_as_many_take_a_use_as_there_are(coupons, uses, used, limit):
    coupon = a_coupon(max_uses=limit)
    coupons.add(coupon)
    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(lambda number: uses.take(coupon, f"k{number}", NOW), range(50)))
    assert (sum(taken), used()) == (limit, limit)


def test_a_repeated_checkout_takes_one_use(uses, used, two):
    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(lambda _: uses.take(two, "a", NOW), range(20)))
    assert used() == 1


def test_what_was_not_taken_cannot_be_joined(uses, two):
    assert not uses.join("a", NOW)
    uses.take(two, "a", NOW)
    assert uses.join("a", NOW)


def test_the_last_call_that_lets_go_frees_the_use(uses, used, two):
    uses.take(two, "a", NOW)
    uses.take(two, "a", NOW)
    uses.join("a", NOW)
    for left in (1, 1, 0, 0):
        uses.release("a", NOW)
        assert used() == left
    assert not uses.join("a", NOW)


def test_a_released_use_is_taken_again_if_others_left_one(uses, used, two):
    uses.take(two, "a", NOW)
    uses.release("a", NOW)
    assert uses.take(two, "a", NOW)
    uses.release("a", NOW)
    assert uses.take(two, "b", NOW)
    assert uses.take(two, "c", NOW)
    assert not uses.take(two, "a", NOW)
    assert used() == 2


def test_a_placed_use_is_neither_let_go_nor_swept(uses, used, two):
    uses.take(two, "a", NOW)
    uses.take(two, "a", NOW)
    uses.place("a")
    uses.place("a")
    uses.release("a", NOW)
    assert uses.release_stale(LATER, LATER) == 0
    assert uses.join("a", NOW)
    assert used() == 1


@pytest.mark.parametrize("is_placed", [True, False])
def test_a_returned_use_is_free_for_another_and_never_taken_again(uses, used, two, is_placed):
    uses.take(two, "a", NOW)
    if is_placed:
        uses.place("a")
    for _ in range(2):
        uses.give_back("a", NOW)
    assert uses.take(two, "a", NOW)
    uses.place("a")
    uses.release("a", NOW)
    assert used() == 0
    assert [uses.take(two, key, NOW) for key in "bcd"] == [True, True, False]


def test_a_use_that_is_returned_before_it_is_taken_stays_returned(uses, used, two):
    uses.give_back("a", NOW)
    assert uses.take(two, "a", NOW)
    uses.place("a")
    assert used() == 0


def test_what_was_never_taken_is_not_placed(uses, used, two):
    uses.place("a")
    uses.release("a", NOW)
    assert not uses.join("a", NOW)
    assert used() == 0


def test_what_is_held_too_long_is_released_and_a_late_order_still_counts(uses, used, two):
    uses.take(two, "a", NOW)
    uses.take(two, "b", LATER)
    assert uses.release_stale(LATER, LATER) == 1
    assert used() == 1
    uses.place("a")
    assert used() == 2
    assert not uses.take(two, "c", LATER)


def test_a_checkout_that_goes_on_is_held_anew(uses, two):
    uses.take(two, "a", NOW)
    uses.join("a", LATER)
    assert uses.release_stale(LATER, LATER) == 0


def test_takers_and_returns_at_once_never_exceed_the_limit(uses, used, two):
    def take_and_return(number):
        key = f"k{number}"
        is_taken = uses.take(two, key, NOW)
        assert used() <= 2
        uses.give_back(key, NOW)
        return is_taken

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(take_and_return, range(40)))
    assert used() == 0
    assert uses.take(two, "last", NOW)

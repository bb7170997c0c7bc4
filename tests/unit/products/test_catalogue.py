import random
from typing import Any

import pytest

from shared.kernel.ids import ProductId
from shared.products.catalogue import Row, Shelf, Wanted
from shared.products.words import MAX_WORDS, Words, search_words, words_of


def a_row(number: int, **more: Any) -> Row:
    fields: dict[str, Any] = {
        "id": ProductId(f"p{number:05}"),
        "version": 1,
        "category": "drinks",
        "amount": 100,
        "in_stock": True,
        "rating": 0.0,
        "ratings": 0,
        "created": number,
    }
    return Row(**(fields | more))


def put(shelf: Shelf, number: int, title: str = "Tea", description: str = "", **more) -> None:
    row = a_row(number, **more)
    first, other = search_words(title, description)
    shelf.put(row)
    shelf.put_words(Words(id=row.id, version=row.version, title=first, other=other))


def a_shelf(*products: dict[str, Any]) -> Shelf:
    shelf = Shelf()
    for number, product in enumerate(products, 1):
        put(shelf, number, **product)
    return shelf


def ids(shelf: Shelf, **wanted) -> list[str]:
    return [str(one) for one in shelf.search(Wanted(**wanted)).ids]


def test_words_have_no_case_accents_or_signs():
    assert words_of("Café-au-lait, CAFÉ & ½ straße 茶") == [
        "cafe",
        "au",
        "lait",
        "1",
        "2",
        "strasse",
        "茶",
    ]


def test_a_product_keeps_a_bounded_number_of_words():
    title, other = search_words("b a", "a " + " ".join(f"w{n}" for n in range(500)))
    assert title == "b a"
    assert other.split()[:2] == ["w0", "w1"]
    assert len(other.split()) == MAX_WORDS


def test_a_newer_version_replaces_an_older_one_and_not_the_reverse():
    shelf = a_shelf({}, {})
    put(shelf, 1, "Pot", category="kitchen", version=3)
    for _ in range(2):
        assert ids(shelf, search="tea") == ["p00002"]
        assert ids(shelf, search="pot") == ["p00001"]
        assert [(one.name, one.count) for one in shelf.categories()] == [
            ("drinks", 1),
            ("kitchen", 1),
        ]
        put(shelf, 1, "Tea", version=2)
    assert len(shelf) == 2


def test_a_dropped_row_is_not_found_and_dropping_twice_is_no_matter():
    shelf = a_shelf({}, {})
    for _ in range(2):
        shelf.drop(ProductId("p00001"))
    assert ids(shelf) == ids(shelf, search="tea") == ["p00002"]
    shelf.drop_words(ProductId("p00001"))
    assert ids(shelf, search="tea") == ["p00002"]


def test_better_matches_come_first_then_newer_ones():
    shelf = a_shelf(
        {"title": "Tea"},
        {"title": "Teapot"},
        {"title": "Kettle", "description": "for tea"},
        {"title": "Tea"},
    )
    assert ids(shelf, search="tea") == ["p00004", "p00001", "p00002", "p00003"]
    assert ids(shelf, search="tea", sort="relevance") == ids(shelf, search="tea")


def test_relevance_without_a_search_is_newest():
    assert ids(a_shelf({}, {}), sort="relevance") == ["p00002", "p00001"]


def test_one_letter_finds_whole_words_of_titles_alone():
    shelf = a_shelf({"title": "Vitamin C"}, {"title": "Cup"})
    assert ids(shelf, search="c") == ["p00001"]


def test_the_best_rated_come_first_then_the_more_often_rated():
    shelf = a_shelf(
        {"rating": 4.5, "ratings": 2},
        {"rating": 4.5, "ratings": 9},
        {"rating": 5.0, "ratings": 1},
        {},
    )
    assert ids(shelf, sort="rating") == ["p00003", "p00002", "p00001", "p00004"]


def test_equal_prices_stay_newest_first_both_ways():
    shelf = a_shelf({}, {}, {"amount": 50})
    assert ids(shelf, sort="price") == ["p00003", "p00002", "p00001"]
    assert ids(shelf, sort="-price") == ["p00002", "p00001", "p00003"]


def test_results_are_remembered_until_a_product_changes():
    shelf = a_shelf({})
    first = shelf.search(Wanted(category="drinks"))
    put(shelf, 1)
    assert shelf.search(Wanted(category="drinks")).facets is first.facets
    put(shelf, 2)
    assert shelf.search(Wanted(category="drinks")).total == 2


def test_only_so_many_results_are_remembered():
    shelf = a_shelf({})
    for price in range(100):
        shelf.search(Wanted(max_price=price))
    assert len(shelf._results) <= 16


def test_dead_rows_and_words_are_cleaned_up():
    shelf = a_shelf({}, {"title": "Green tea"})
    for version in range(2, 5000):
        put(shelf, 1, amount=version, version=version)
    assert len(shelf._rows) < 1100
    assert len(shelf._words._ids) < 1100
    assert ids(shelf, search="tea") == ["p00002", "p00001"]
    assert ids(shelf, search="green tea", max_price=100) == ["p00002"]
    assert ids(shelf, min_price=4999) == ["p00001"]


@pytest.mark.parametrize("seed", range(20))
def test_a_shelf_finds_what_a_plain_scan_finds(seed):
    chance = random.Random(seed)
    words = ["tea", "teapot", "kettle", "cup", "green"]
    shelf = Shelf()
    rows: dict[ProductId, Row] = {}
    titles: dict[ProductId, str] = {}
    for version in range(1, 150):
        number = chance.randrange(40)
        product_id = ProductId(f"p{number:05}")
        if chance.random() < 0.2:
            shelf.drop(product_id)
            shelf.drop_words(product_id)
            rows.pop(product_id, None)
            continue
        title = " ".join(chance.sample(words, 2))
        fields: dict[str, Any] = {
            "category": chance.choice("ab"),
            "amount": chance.randrange(10),
            "in_stock": chance.random() < 0.7,
            "version": version,
        }
        put(shelf, number, title, **fields)
        rows[product_id], titles[product_id] = a_row(number, **fields), title
    wanted: dict[str, Any] = {
        "search": "tea",
        "category": "a",
        "min_price": 2,
        "max_price": 8,
        "in_stock": True,
    }
    base = [row for row in rows.values() if row.in_stock and "tea" in titles[row.id]]
    ranged = [row for row in base if 2 <= row.amount <= 8]
    found = shelf.search(Wanted(**wanted, page_size=100))
    assert set(found.ids) == {row.id for row in ranged if row.category == "a"}
    assert found.total == len(found.ids)
    counts = {item.name: item.count for item in found.facets.categories}
    assert counts == {name: n for name in "ab" if (n := sum(r.category == name for r in ranged))}
    amounts = [row.amount for row in base if row.category == "a"] or [0]
    assert (found.facets.price.min, found.facets.price.max) == (min(amounts), max(amounts))

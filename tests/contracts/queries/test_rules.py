"""The rules by which an index serves a query, and what each command looks for."""

import pytest

from shared.runtime.mongo import Index
from tests.contracts.queries.recorder import queries_of
from tests.contracts.queries.rules import Query, indexes_for

PLAIN = Index("things", [("owner", 1), ("made", -1)])
PRESENT = Index("things", [("outbox.id", 1)], sparse=True)
LIVE = Index("things", [("sku", 1)], partial={"deleted": False})
NAMED = Index("things", [("email", 1)], unique=True, partial={"email": {"$type": "string"}})
NEWEST = [("made", -1)]


def a_query(filter_, sort=(), *, is_bounded=False):
    return Query("shop", "things", filter_, tuple(sort), is_bounded)


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (PLAIN, a_query({"owner": "a"})),
        (PLAIN, a_query({"owner": "a", "colour": "red"})),
        (PLAIN, a_query({"owner": {"$in": ["a", "b"]}})),
        (PLAIN, a_query({"owner": None})),
        (PLAIN, a_query({"owner": {"$gt": "a"}})),
        (PLAIN, a_query({"owner": {"$regex": "^a"}})),
        (PLAIN, a_query({"owner": "a", "made": {"$lt": 3}}, NEWEST)),
        (PLAIN, a_query({"owner": "a"}, [("made", 1)])),
        (PLAIN, a_query({"$and": [{"owner": "a"}, {"made": {"$gt": 3}}]})),
        (PLAIN, a_query({}, [("owner", 1)], is_bounded=True)),
        (PRESENT, a_query({"outbox.id": {"$exists": True}})),
        (PRESENT, a_query({"outbox.id": "x"})),
        (LIVE, a_query({"sku": "x", "deleted": False})),
        (NAMED, a_query({"email": "a@b.c"})),
        (NAMED, a_query({"email": "a@b.c"}, NEWEST)),
        (PLAIN, a_query({"$or": [{"_id": "x"}, {"owner": "a"}]})),
    ],
)
def test_an_index_serves(index, query):
    assert index in indexes_for(query, [index])


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (PLAIN, a_query({})),
        (PLAIN, a_query({"made": 3})),
        (PLAIN, a_query({"owner": {"$ne": "a"}})),
        (PLAIN, a_query({"owner": {"$regex": "a"}})),
        (PLAIN, a_query({"owner": "a"}, [("size", 1)])),
        (PLAIN, a_query({"owner": {"$gt": "a"}}, NEWEST)),
        (PLAIN, a_query({}, [("owner", 1)])),
        (PLAIN, a_query({}, NEWEST, is_bounded=True)),
        (PRESENT, a_query({"outbox.id": None})),
        (PRESENT, a_query({"outbox.id": {"$exists": False}})),
        (LIVE, a_query({"sku": "x"})),
        (LIVE, a_query({"sku": "x", "deleted": True})),
        (PLAIN, a_query({"$or": [{"owner": "a"}, {"colour": "red"}]})),
        (Index("others", [("owner", 1)]), a_query({"owner": "a"})),
    ],
)
def test_an_index_does_not_serve(index, query):
    assert indexes_for(query, [index]) == []


@pytest.mark.parametrize(
    ("name", "command", "expected"),
    [
        ("find", {"find": "t", "filter": {"a": 1}, "sort": {"b": -1}}, ({"a": 1}, (("b", -1),))),
        ("update", {"update": "t", "updates": [{"q": {"a": 1}, "u": {}}]}, ({"a": 1}, ())),
        ("delete", {"delete": "t", "deletes": [{"q": {"a": 1}, "limit": 0}]}, ({"a": 1}, ())),
        ("distinct", {"distinct": "t", "key": "b", "query": {"a": 1}}, ({"a": 1}, ())),
        ("count", {"count": "t", "query": {"a": 1}}, ({"a": 1}, ())),
        (
            "aggregate",
            {"aggregate": "t", "pipeline": [{"$match": {"a": 1}}, {"$group": {}}, {"$sort": {}}]},
            ({"a": 1}, ()),
        ),
    ],
)
def test_what_a_command_looks_for(name, command, expected):
    (query,) = queries_of(name, command, "shop", "here")
    assert (query.filter, query.sort) == expected


def test_what_looks_for_nothing_needs_no_index():
    assert not list(queries_of("insert", {"insert": "t"}, "shop", "here"))
    assert not list(queries_of("count", {"count": "t"}, "shop", "here"))

"""One suite for the directory of accounts, fake and real adapter."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.auth.model import User
from shared.auth.mongo import INDEXES, MongoUsers
from shared.auth.mongo_directory import INDEXES as DIRECTORY_INDEXES
from shared.auth.mongo_directory import MongoDirectory
from shared.kernel.ids import UserId, new_id
from shared.runtime.mongo import collection
from tests.fakes.auth import FakeDirectory, FakeUsers

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def accounts(mongo, sink):
    """The real ones."""
    for index in (*INDEXES, *DIRECTORY_INDEXES):
        index.create(mongo)
    return MongoUsers(mongo, sink.settings)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
def both(request):
    """The accounts and their directory."""
    if request.param == "fake":
        users = FakeUsers()
        return users, FakeDirectory(users)
    real = request.getfixturevalue("accounts")
    return real, MongoDirectory(request.getfixturevalue("mongo"))


def add(users, email, name="Somebody", user_id=None):
    user_id = UserId(user_id or new_id())
    user = User(id=user_id, email=email, name=name, password_hash="hash", created_at=NOW)
    users.add(user)
    return user


def found(directory, search):
    page = directory.page(search, 1, 20)
    assert page.total == len(page.items)
    return [user.email for user in page.items]


def test_everybody_is_listed_newest_first_by_pages(both):
    users, directory = both
    # Within a millisecond ids have no order; these were made one after the other.
    added = [add(users, f"u{n}@example.org", user_id=f"id-{n}") for n in range(5)]
    first, last = directory.page("", 1, 3), directory.page("", 2, 3)
    assert [*first.items, *last.items] == added[::-1]
    assert (first.total, last.total, last.page, last.page_size) == (5, 5, 2, 3)
    assert directory.page("", 3, 3).items == []


@pytest.mark.parametrize(
    "search",
    [
        "",
        "a",
        "ada",
        "ADA@",
        "ada@example.org",
        "Lovelace",
        "love",
        "king lo",
        "ada king",
        "ÉL",
        " ",
    ],
)
def test_an_account_is_found_by_how_its_email_or_a_word_of_its_name_begins(both, search):
    users, directory = both
    add(users, "ada@example.org", "Ada  King Lovelace Éloïse")
    assert found(directory, search) == ["ada@example.org"]


@pytest.mark.parametrize(
    "search", ["da", "example", "lace", "ada lovelace", "ada@example.orgs", "adaking"]
)
def test_the_middle_of_a_word_finds_nobody(both, search):
    users, directory = both
    add(users, "ada@example.org", "Ada King Lovelace")
    assert found(directory, search) == []


@pytest.mark.parametrize("search", [".*", "^", "a.a", "a|b", "(", "[a-z]", "\\", "$", "{$ne: 1}"])
def test_what_is_typed_is_no_pattern(both, search):
    users, directory = both
    add(users, "ada@example.org", "Ada")
    assert found(directory, search) == []
    add(users, "odd@example.org", f"Odd {search}")
    assert found(directory, search) == ["odd@example.org"]


def test_the_beginning_of_a_long_email_decides(both):
    users, directory = both
    email = f"{'a' * 60}@example.org"
    add(users, email)
    add(users, "aa@example.org")
    assert found(directory, email) == [email]


def test_a_changed_name_is_found_and_the_old_one_not(both):
    users, directory = both
    user = add(users, "ada@example.org", "Byron")
    users.save(user.changed(name="Lovelace"))
    assert found(directory, "Byron") == []
    assert found(directory, "Lovelace") == ["ada@example.org"]


def test_who_left_is_neither_listed_nor_found(both):
    users, directory = both
    gone = add(users, "ada@example.org", "Ada")
    add(users, "bea@example.org", "Bea")
    users.delete(gone)
    assert found(directory, "") == ["bea@example.org"]
    assert found(directory, "Ada") == []


@pytest.mark.engines
def test_accounts_from_before_there_was_a_search_are_found(accounts, mongo):
    old, gone = add(accounts, "old@example.org", "Ada King"), add(accounts, "gone@example.org")
    accounts.delete(gone)
    documents = collection(mongo, "users")
    documents.update_many({}, {"$unset": {"search_prefixes": ""}})
    directory = MongoDirectory(mongo)
    assert found(directory, "king") == ["old@example.org"]
    assert found(directory, "") == ["old@example.org"]
    assert accounts.get(old.id) == old
    assert accounts.save(replace(old, name="Ada", version=2))


@pytest.mark.engines
@pytest.mark.parametrize("query", [{"search_prefixes": "ada"}, {"search_prefixes": None}])
def test_a_search_looks_only_at_what_it_finds(accounts, mongo, query):
    for number in range(30):
        add(accounts, f"u{number}@example.org", "Ada" if number == 7 else "Bea")
    explained = collection(mongo, "users").find(query).sort("_id", -1).limit(20).explain()
    assert "COLLSCAN" not in str(explained["queryPlanner"]["winningPlan"])
    assert explained["executionStats"]["totalDocsExamined"] == len(
        list(collection(mongo, "users").find(query))
    )


@pytest.mark.engines
def test_an_email_is_looked_up_by_its_index(accounts, mongo):
    for number in range(30):
        add(accounts, f"u{number}@example.org")
    explained = collection(mongo, "users").find({"email": "u7@example.org"}).explain()
    assert explained["executionStats"]["totalDocsExamined"] == 1

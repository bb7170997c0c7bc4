"""One suite for the mailed links, fake and real adapter."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.auth.links import RESET_PASSWORD, VERIFY_EMAIL, Link, new_link
from shared.auth.model import User
from shared.auth.mongo_links import INDEXES, MongoLinks
from shared.kernel.clock import SystemClock
from shared.kernel.ids import UserId, new_id
from shared.runtime.mongo import collection
from tests.fakes.auth import FakeLinks

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ANN, BOB = UserId("ann"), UserId("bob")


@pytest.fixture
def real(mongo, sink):
    for index in INDEXES:
        index.create(mongo)
    return MongoLinks(mongo, sink.settings)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
def links(request):
    return FakeLinks() if request.param == "fake" else request.getfixturevalue("real")


def a_link(user_id=ANN, purpose=RESET_PASSWORD, **changes):
    email = f"{user_id}@example.org"
    link = Link(id=new_id(), user_id=user_id, purpose=purpose, email=email, expires_at=NOW)
    return replace(link, **changes)


def test_a_stored_link_is_found_as_it_was(links):
    link = a_link()
    links.add(link, "Ann")
    assert links.get(link.id) == link
    assert links.get("another") is None


def test_the_newest_link_is_of_this_user_and_purpose(links):
    first, last = a_link(), a_link(expires_at=NOW + timedelta(milliseconds=1))
    later = NOW + timedelta(hours=1)
    others = [a_link(BOB), a_link(purpose=VERIFY_EMAIL), a_link(None, email="")]
    for link in (last, first, *(replace(other, expires_at=later) for other in others)):
        links.add(link, "Somebody")
    assert links.newest(ANN, RESET_PASSWORD) == last
    assert links.newest(BOB, VERIFY_EMAIL) is None


def test_a_link_is_used_once_under_races(links):
    link = a_link()
    links.add(link, "Ann")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: links.use(link.id), range(8)))
    assert sum(won) == 1
    assert links.get(link.id) == replace(link, used=True)
    assert not links.use("another")


def test_the_links_of_one_user_are_forgotten(links):
    mine, foreign = [a_link(), a_link(purpose=VERIFY_EMAIL)], a_link(BOB)
    for link in (*mine, foreign):
        links.add(link, "Somebody")
    links.forget(ANN)
    assert [links.get(link.id) for link in (*mine, foreign)] == [None, None, foreign]


def test_links_past_their_end_are_forgotten(links):
    over, open_ = a_link(), a_link(expires_at=NOW + timedelta(milliseconds=1))
    for link in (over, open_):
        links.add(link, "Ann")
    assert links.delete_expired(NOW) == 1
    assert (links.get(over.id), links.get(open_.id)) == (None, open_)


@pytest.mark.engines
def test_a_link_is_mailed_by_its_id_and_no_token_is_published_or_kept(real, mongo, sink):
    user = User(id=ANN, email="a@example.org", name="Ann", password_hash="x", created_at=NOW)
    link = new_link(user, RESET_PASSWORD, NOW)
    real.add(link, user.name)
    assert sink.topics == ["link-requested"]
    kept = collection(mongo, "links").find_one({"_id": link.id})
    assert kept == {
        "_id": link.id,
        "user_id": ANN,
        "purpose": RESET_PASSWORD,
        "email": "a@example.org",
        "expires_at": NOW + timedelta(hours=1),
        "used": False,
        "outbox": [],
    }


@pytest.mark.engines
def test_a_link_of_nobody_is_not_published(real, sink):
    real.add(new_link(None, RESET_PASSWORD, NOW), "")
    assert sink.topics == []
    assert real.sweep() == 0


@pytest.mark.engines
def test_a_link_asked_for_while_the_broker_was_down_is_published_by_the_sweep(
    real, sink, monkeypatch
):
    sink.is_down = True
    link = a_link()
    real.add(link, "Ann")
    assert (sink.topics, real.sweep()) == ([], 0)
    sink.is_down = False
    later = SystemClock().now() + timedelta(minutes=1)
    monkeypatch.setattr(SystemClock, "now", lambda _: later)
    assert real.sweep() == 1
    assert sink.topics == ["link-requested"]
    assert real.sweep() == 0

"""Dead letters on fakes: parked, listed, replayed, discarded."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from functions.ops.discard_dead_letter import discard_dead_letter
from functions.ops.list_dead_letters import list_dead_letters
from functions.ops.park_dead_letter import park_dead_letter
from functions.ops.replay_dead_letter import replay_dead_letter
from functions.ops.replay_due_letters import replay_due_letters
from shared.kernel.errors import Malformed, NotFound
from shared.kernel.ids import DeadLetterId
from shared.ops.model import ReplayFailed, next_replay, reaction_of
from shared.runtime.events import read_dead_event
from shared.runtime.request import Request
from shared.runtime.schema import PageQuery
from tests.fakes.auth import FakeClock
from tests.fakes.ops import FakeDeadLetters, FakeReactions

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def a_dead_event(code="503", event_id="e1", error=b"down", **extra):
    named = {
        "specversion": "1.0",
        "id": event_id,
        "type": "popshop.order.created.v1",
        "source": "/popshop/orders",
        "popshopsig": "abc",
        "knativeerrordest": "http://products-reserve-stock.popshop.svc.cluster.local",
        "knativeerrorcode": code,
        "knativeerrordata": base64.b64encode(error).decode(),
    } | extra
    headers = {f"HTTP_CE_{name.upper()}": value for name, value in named.items() if value}
    return read_dead_event(Request({"REQUEST_METHOD": "POST"} | headers), b'{"id": "o1"}')


@pytest.fixture
def letters() -> FakeDeadLetters:
    return FakeDeadLetters()


@pytest.fixture
def park(letters):
    def _park(*args, at=NOW, **kwargs):
        park_dead_letter(a_dead_event(*args, **kwargs), letters, FakeClock(at))
        return next(iter(letters.by_id))

    return _park


def test_a_letter_shows_event_reaction_and_failure(park, letters):
    park(error=b'{"detail": "no database"}')
    (shown,) = list_dead_letters(PageQuery(), letters).items
    assert (shown.reaction, shown.code) == ("products-reserve-stock", 503)
    assert shown.error == '{"detail": "no database"}'
    assert shown.event["data"] == {"id": "o1"}
    assert shown.event["popshopsig"] == "abc"
    assert not any(name.startswith("knative") for name in shown.event)


def test_the_same_failure_parked_twice_is_one_letter(park, letters):
    park()
    park(at=NOW + timedelta(minutes=5))
    (letter,) = letters.by_id.values()
    assert (letter.first_at, letter.last_at) == (NOW, NOW + timedelta(minutes=5))


def test_an_event_that_failed_in_two_reactions_is_two_letters(park, letters):
    park()
    park(knativeerrordest="http://x/_services/orders-confirm-order/")
    assert {one.reaction for one in letters.by_id.values()} == {
        "products-reserve-stock",
        "orders-confirm-order",
    }


def test_what_is_no_event_is_refused():
    with pytest.raises(Malformed):
        a_dead_event(type="")


def test_a_letter_that_is_taken_is_gone(park, letters):
    reactions = FakeReactions(204)
    letter_id = park()
    replay_dead_letter(letter_id, letters, reactions, FakeClock(NOW))
    assert letters.by_id == {}
    assert reactions.delivered[0].data == b'{"id": "o1"}'


def test_a_letter_that_fails_again_says_why_and_stays(park, letters):
    letter_id = park()
    with pytest.raises(ReplayFailed, match="answered 422: bad"):
        replay_dead_letter(letter_id, letters, FakeReactions(422, "bad"), FakeClock(NOW))
    kept = letters.get(letter_id)
    assert (kept.code, kept.attempts, kept.replay_at) == (422, 2, None)


def test_a_discarded_letter_is_gone_and_an_unknown_one_not_found(park, letters):
    discard_dead_letter(park(), letters)
    for call in (
        lambda: discard_dead_letter(DeadLetterId("x"), letters),
        lambda: replay_dead_letter(DeadLetterId("x"), letters, FakeReactions(), FakeClock(NOW)),
    ):
        with pytest.raises(NotFound):
            call()


def test_passing_failures_are_tried_again_by_themselves(park, letters):
    park("503", "e1")
    park("", "e2")
    park("422", "e3")
    reactions = FakeReactions(204)
    replay_due_letters(letters, reactions, FakeClock(NOW + timedelta(seconds=30)))
    assert reactions.delivered == []
    replay_due_letters(letters, reactions, FakeClock(NOW + timedelta(seconds=61)))
    assert sorted(one.attributes["id"] for one in reactions.delivered) == ["e1", "e2"]
    assert [one.code for one in letters.by_id.values()] == [422]


def test_tries_become_seldom_and_end_after_a_day():
    waits = [next_replay(500, n, NOW, NOW) for n in (1, 2, 3, 20)]
    assert [(at - NOW).total_seconds() for at in waits if at] == [60, 120, 240, 3600]
    assert next_replay(500, 5, NOW - timedelta(hours=25), NOW) is None


@pytest.mark.parametrize(
    ("destination", "reaction"),
    [
        ("http://cart-settle-cart.popshop.svc.cluster.local/", "cart-settle-cart"),
        ("http://127.0.0.1:8080/_services/cart-settle-cart/", "cart-settle-cart"),
        ("http://cart-settle-cart.popshop.svc", "cart-settle-cart"),
        ("unreadable", "unreadable"),
    ],
)
def test_the_reaction_is_read_from_the_subscriber(destination, reaction):
    assert reaction_of(destination) == reaction

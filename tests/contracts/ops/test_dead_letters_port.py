"""One suite for the dead letters' port, fake and real."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.errors import NotFound
from shared.kernel.ids import DeadLetterId
from shared.ops.model import DeadLetter
from shared.ops.mongo import INDEXES, MongoDeadLetters
from tests.fakes.ops import FakeDeadLetters

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
def letters(request):
    if request.param == "fake":
        return FakeDeadLetters()
    mongo = request.getfixturevalue("mongo")
    for index in INDEXES:
        index.create(mongo)
    return MongoDeadLetters(mongo)


def a_letter(name="a", **changes):
    letter = DeadLetter(
        id=DeadLetterId(name),
        attributes={"id": name, "type": "t", "source": "/s"},
        data=b'{"a": 1}',
        reaction="cart-settle-cart",
        code=503,
        error="down",
        attempts=1,
        first_at=NOW,
        last_at=NOW,
        replay_at=NOW + timedelta(minutes=1),
    )
    return replace(letter, **changes)


def test_a_parked_letter_is_kept_as_it_was(letters):
    letters.park(a_letter())
    assert letters.get(DeadLetterId("a")) == a_letter()


def test_another_failure_of_the_same_event_updates_the_letter(letters):
    letters.park(a_letter())
    later = NOW + timedelta(hours=1)
    letters.park(a_letter(code=422, error="bad", attempts=2, last_at=later, replay_at=None))
    kept = letters.get(DeadLetterId("a"))
    assert (kept.code, kept.error, kept.attempts) == (422, "bad", 2)
    assert (kept.first_at, kept.last_at, kept.replay_at) == (NOW, later, None)
    assert letters.page(1, 10).total == 1


def test_letters_list_the_newest_failure_first(letters):
    letters.park(a_letter("a"))
    letters.park(a_letter("b", last_at=NOW + timedelta(hours=1)))
    assert [one.id for one in letters.page(1, 10).items] == ["b", "a"]
    assert [one.id for one in letters.page(2, 1).items] == ["a"]


def test_a_discarded_letter_is_gone_and_discarding_again_is_nothing(letters):
    letters.park(a_letter())
    letters.discard(DeadLetterId("a"))
    letters.discard(DeadLetterId("a"))
    with pytest.raises(NotFound):
        letters.get(DeadLetterId("a"))


def test_due_letters_are_those_whose_time_has_come(letters):
    letters.park(a_letter("a"))
    letters.park(a_letter("b", replay_at=None))
    assert letters.due(NOW, 10) == []
    assert [one.id for one in letters.due(NOW + timedelta(minutes=1), 10)] == ["a"]

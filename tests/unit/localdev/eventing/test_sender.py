"""Retries: which answers, how often, after how long; and the dead letter's extensions."""

import asyncio
from base64 import b64decode
from collections.abc import Mapping

import pytest

from localdev.eventing.events import CloudEvent
from localdev.eventing.sender import Answer, Outcome, Policy, Sender, dead_letter

EVENT = CloudEvent({"specversion": "1.0", "id": "1", "type": "t", "source": "s"}, b"{}")


class FakePost:
    """Answers in turn; an exception is raised. The last one repeats."""

    def __init__(self, *answers: int | OSError) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, Mapping[str, str], bytes, float | None]] = []

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        self.sent.append((url, headers, body, timeout_seconds))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return Answer(answer, {}, b"said no")


class FakeClock:
    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def deliver(post: FakePost, policy: Policy) -> tuple[Outcome, list[float]]:
    clock = FakeClock()
    sender = Sender(post, clock.sleep)
    headers = {"Prefer": "reply"}
    return asyncio.run(sender.deliver(EVENT, "http://f/", policy, headers)), clock.waits


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_is_success_at_once(status: int) -> None:
    post = FakePost(status)
    outcome, waits = deliver(post, Policy(6, 0.2))
    assert outcome.is_delivered
    assert len(post.sent) == 1
    assert waits == []


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 502, 503, 504, 599])
def test_passing_faults_are_retried_to_the_end(status: int) -> None:
    post = FakePost(status)
    outcome, waits = deliver(post, Policy(6, 0.2))
    assert not outcome.is_delivered
    assert len(post.sent) == 7
    assert waits == pytest.approx([0.4, 0.8, 1.6, 3.2, 6.4, 12.8])


@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 405, 410, 422])
def test_lasting_refusals_are_not_retried(status: int) -> None:
    post = FakePost(status)
    outcome, _ = deliver(post, Policy(6, 0.2))
    assert not outcome.is_delivered
    assert len(post.sent) == 1


def test_transport_errors_are_retried() -> None:
    post = FakePost(OSError("refused"), OSError("reset"), 204)
    outcome, waits = deliver(post, Policy(6, 0.2))
    assert outcome.is_delivered
    assert outcome.attempts == 3
    assert waits == pytest.approx([0.4, 0.8])


def test_a_refusal_after_a_fault_ends_the_retries() -> None:
    post = FakePost(503, 422)
    outcome, _ = deliver(post, Policy(6, 0.2))
    assert outcome.answer is not None
    assert outcome.answer.status == 422
    assert outcome.attempts == 2


def test_linear_delays_grow_by_the_base() -> None:
    _, waits = deliver(FakePost(500), Policy(3, 0.2, is_linear=True))
    assert waits == pytest.approx([0.2, 0.4, 0.6])


def test_without_retries_one_try_is_made() -> None:
    post = FakePost(503)
    _, waits = deliver(post, Policy(0, 0.2))
    assert len(post.sent) == 1
    assert waits == []


def test_the_timeout_holds_for_each_try() -> None:
    post = FakePost(503)
    deliver(post, Policy(2, 0.2, timeout_seconds=30))
    assert [sent[3] for sent in post.sent] == [30, 30, 30]


def test_a_dead_letter_says_where_and_why() -> None:
    answer = Answer(500, {"kne-region": "eu", "server": "x"}, b"x" * 2000)
    letter = dead_letter(EVENT, "http://f.popshop.svc.cluster.local", Outcome(answer, 7))
    added = {name: letter.attributes[name] for name in letter.attributes.keys() - EVENT.attributes}
    assert b64decode(added.pop("knativeerrordata")) == b"x" * 1024
    assert added == {
        "knativeerrordest": "http://f.popshop.svc.cluster.local",
        "knativeerrorcode": "500",
        "region": "eu",
    }
    assert letter.data == EVENT.data


def test_a_dead_letter_without_an_answer_has_no_code() -> None:
    letter = dead_letter(EVENT, "http://f", Outcome(None, 7, "refused"))
    assert letter.attributes == EVENT.attributes | {"knativeerrordest": "http://f"}

"""What becomes of one record: delivered, a dead letter, or dropped by the rules."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from localdev.eventing.addresses import Addresses
from localdev.eventing.courier import Courier
from localdev.eventing.records import Record
from localdev.eventing.sender import Answer, Sender
from localdev.eventing.spec import Delivery, Destination, Source

LETTERS = Destination("KafkaSink", "dead-letters")
SOURCE = Source(
    name="reserve-stock",
    namespace="popshop",
    topics=("t",),
    group="g",
    is_earliest=True,
    is_ordered=True,
    key_type="string",
    delivery=Delivery(2, False, 0.2, 30, LETTERS),
    destination=Destination("Service", "reserve-stock"),
)
RECORD = Record(topic="t", partition=0, offset=1, timestamp=0, key=b"k", value=b"x", headers=())


class FakePost:
    """Answers by address: ``function`` and ``letters``."""

    def __init__(self, function: int, letters: int = 202) -> None:
        self.function = function
        self.letters = letters
        self.urls: list[str] = []

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        self.urls.append(url)
        is_function = url.startswith("http://services")
        return Answer(self.function if is_function else self.letters, {}, b"")

    def count(self, host: str) -> int:
        return sum(url.startswith(f"http://{host}") for url in self.urls)


async def _at_once(seconds: float) -> None:
    assert seconds > 0


def bring(post: FakePost, source: Source = SOURCE, record: Record = RECORD) -> None:
    addresses = Addresses("http://services", "http://sinks")
    asyncio.run(Courier(source, addresses, Sender(post, _at_once)).bring(record))


def test_a_delivered_record_is_no_dead_letter() -> None:
    post = FakePost(204)
    bring(post)
    assert post.urls == ["http://services/_services/reserve-stock/"]


def test_the_dead_letter_sink_has_the_same_retries() -> None:
    post = FakePost(500, 503)
    bring(post)
    assert post.count("services") == 3
    assert post.count("sinks") == 3


def test_a_failing_dead_letter_sink_drops_the_event_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bring(FakePost(422, 400))
    assert "dead letter sink failed" in capsys.readouterr().err


def test_without_a_dead_letter_sink_the_event_is_dropped_and_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    post = FakePost(422)
    bring(post, replace(SOURCE, delivery=replace(SOURCE.delivery, dead_letters=None)))
    assert post.count("sinks") == 0
    assert "no dead letter sink" in capsys.readouterr().err


def test_an_unreadable_record_is_dropped_and_logged(capsys: pytest.CaptureFixture[str]) -> None:
    post = FakePost(204)
    bring(post, record=replace(RECORD, headers=(("ce_specversion", b"1.0"),)))
    assert post.urls == []
    assert "unreadable" in capsys.readouterr().err

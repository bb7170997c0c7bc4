"""The producer behind the KafkaSinks: one that stalls is replaced."""

import asyncio
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from localdev.eventing import ingress
from localdev.eventing.ingress import AcknowledgedProducer
from localdev.eventing.records import NewRecord

RECORD = NewRecord(key=b"a", value=b"{}", headers=[])


class FakeSent:
    """What ``send`` gives; a stalled producer never calls back."""

    def __init__(self, *, is_stalled: bool) -> None:
        self._is_stalled = is_stalled

    def add_callback(self, succeed) -> "FakeSent":
        if not self._is_stalled:
            succeed(self)
        return self

    def add_errback(self, fail) -> "FakeSent":
        return self

    partition, offset = 1, 7


class FakeKafkaProducer:
    def __init__(self, *, is_stalled: bool = False) -> None:
        self.is_stalled = is_stalled
        self.is_closed = False

    def send(self, topic: str, **fields: Any) -> FakeSent:
        return FakeSent(is_stalled=self.is_stalled)

    def close(self, timeout: float) -> None:
        self.is_closed = True


@pytest.fixture
def connections(monkeypatch):
    """What every new connection gives, in order: a producer or an error."""
    made: list[Any] = []

    def connect(bootstrap: str) -> Any:
        item = made.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    monkeypatch.setattr(ingress, "_connect", connect)
    monkeypatch.setattr(ingress, "_STALLED_SECONDS", 0.05)
    return made


def test_a_record_is_acknowledged_with_its_place(connections):
    connections.append(FakeKafkaProducer())
    assert asyncio.run(AcknowledgedProducer("kafka").produce("cart.checkout", RECORD)) == (1, 7)


def test_a_producer_that_misses_its_deadline_is_replaced(connections):
    stalled, fresh = FakeKafkaProducer(is_stalled=True), FakeKafkaProducer()
    connections += [stalled, fresh]

    async def run() -> tuple[int, int]:
        producer = AcknowledgedProducer("kafka")
        with pytest.raises(KafkaTimeoutError):
            await producer.produce("cart.checkout", RECORD)
        await _replaced(producer)
        return await producer.produce("cart.checkout", RECORD)

    assert asyncio.run(run()) == (1, 7)
    assert stalled.is_closed
    assert not fresh.is_closed


def test_while_kafka_is_away_every_deadline_missed_tries_again(connections):
    connections += [
        FakeKafkaProducer(is_stalled=True),
        KafkaConnectionError(),
        FakeKafkaProducer(),
    ]

    async def run() -> tuple[int, int]:
        producer = AcknowledgedProducer("kafka")
        for _ in range(2):
            with pytest.raises(KafkaTimeoutError):
                await producer.produce("cart.checkout", RECORD)
            await _replaced(producer)
        return await producer.produce("cart.checkout", RECORD)

    assert asyncio.run(run()) == (1, 7)


async def _replaced(producer: AcknowledgedProducer) -> None:
    assert producer._replacement
    await producer._replacement

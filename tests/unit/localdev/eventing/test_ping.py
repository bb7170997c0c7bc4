"""PingSource: schedules, the event, retries; with a clock of our own."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from localdev.eventing.events import CloudEvent
from localdev.eventing.ping import POLICY, Ticker, next_tick, tick_event
from localdev.eventing.sender import Answer, Sender
from localdev.eventing.spec import Destination, Ping

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
PING = Ping(
    name="cart-sweep-cart",
    namespace="popshop",
    schedule="*/5 * * * *",
    timezone="",
    content_type="",
    data="",
    data_base64="",
    destination=Destination("Service", "cart-sweep-cart"),
)


class Done(BaseException):
    """Ends a ticker that runs for ever."""


class FakePost:
    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent: list[Mapping[str, str]] = []

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        assert timeout_seconds is None
        self.sent.append(headers)
        return Answer(self.statuses.pop(0) if self.statuses else 204, {}, b"")


@pytest.mark.parametrize(
    ("schedule", "zone", "expected"),
    [
        ("*/5 * * * *", "", NOON + timedelta(minutes=5)),
        ("*/10 * * * * *", "", NOON + timedelta(seconds=10)),
        ("@hourly", "", NOON + timedelta(hours=1)),
        ("0 0 ? * *", "UTC", datetime(2026, 11, 26, tzinfo=UTC)),
        ("30 8 * * *", "Asia/Tokyo", datetime(2026, 11, 25, 23, 30, tzinfo=UTC)),
    ],
)
def test_the_next_tick(schedule: str, zone: str, expected: datetime) -> None:
    assert next_tick(replace(PING, schedule=schedule, timezone=zone), NOON) == expected


def test_the_event_is_knatives() -> None:
    event = tick_event(PING, NOON)
    other = tick_event(PING, NOON)
    assert event.attributes.pop("id") != other.attributes["id"]
    assert event == CloudEvent(
        {
            "specversion": "1.0",
            "type": "dev.knative.sources.ping",
            "source": "/apis/v1/namespaces/popshop/pingsources/cart-sweep-cart",
            "time": "2026-11-25T12:00:00Z",
        },
        None,
    )


def test_data_and_overrides_are_sent() -> None:
    ping = replace(PING, data_base64="e30=", content_type="application/json", overrides={"a": "b"})
    event = tick_event(ping, NOON)
    assert event.data == b"{}"
    assert event.attributes["datacontenttype"] == "application/json"
    assert event.attributes["a"] == "b"


def run(post: FakePost, ticks: int) -> list[datetime]:
    """Runs a ticker on a clock that only its sleeps move; the times of its ticks."""
    now = [NOON]
    at: list[datetime] = []

    async def sleep(seconds: float) -> None:
        if seconds <= 0.5:  # jitter and retries
            await asyncio.sleep(0)
            return
        now[0] += timedelta(seconds=seconds)
        at.append(now[0])
        await asyncio.sleep(0.001)
        if len(at) > ticks:
            raise Done

    sender = Sender(post, lambda _: asyncio.sleep(0))
    with pytest.raises(BaseExceptionGroup):
        asyncio.run(Ticker(PING, "http://f/", sender, lambda: now[0], sleep).run())
    return at[:ticks]


def test_it_ticks_on_schedule() -> None:
    post = FakePost()
    assert run(post, 3) == [NOON + timedelta(minutes=5 * number) for number in (1, 2, 3)]
    assert [sent["ce-type"] for sent in post.sent] == ["dev.knative.sources.ping"] * 3
    assert post.sent[0]["Kn-Namespace"] == "popshop"


def test_a_refused_tick_is_retried_as_knative_does() -> None:
    post = FakePost(503, 502, 204)
    run(post, 1)
    assert len(post.sent) == 3
    assert len({sent["ce-id"] for sent in post.sent}) == 1


@pytest.mark.parametrize("status", [500, 408, 400])
def test_other_refusals_lose_the_tick(status: int) -> None:
    post = FakePost(status)
    run(post, 1)
    assert len(post.sent) == 1


def test_the_delays_are_those_of_mtping() -> None:
    assert [POLICY.delay_seconds(n) for n in range(1, 6)] == pytest.approx(
        [0.1, 0.2, 0.4, 0.8, 1.6]
    )

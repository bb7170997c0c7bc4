"""Posting an event until it is taken: which answers are retried, and after how long."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from localdev.eventing.events import CloudEvent, http_headers
from localdev.eventing.spec import Delivery
from localdev.telemetry.spans import Open

# KafkaSource's data plane: everything from 500 on, and these.
RETRIED_STATUSES = frozenset({404, 408, 409, 429})
_SERVER_FAULT = 500
_REDIRECT = 300
_OK = 200
_ERROR_DATA_BYTES = 1024
_FORWARDED_PREFIX = "kne-"
_CONNECTIONS_PER_HOST = 0  # as many as there are events in flight
Sleep = Callable[[float], Awaitable[None]]
# Begins the span of attempt 1, 2, ...; None where nothing is traced.
Begin = Callable[[int], Open | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Post(Protocol):
    """One POST."""

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        """The answer, redirects included. Raises ``OSError`` when no complete one came in time."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Retries after the first try; ``delay`` before retry n, doubled per n unless linear."""

    retry: int
    backoff_seconds: float
    is_linear: bool = False
    timeout_seconds: float | None = None
    is_retried: Callable[[int], bool] = lambda status: (
        status >= _SERVER_FAULT or status in RETRIED_STATUSES
    )

    @classmethod
    def of(cls, delivery: Delivery) -> "Policy":
        """The policy of a KafkaSource."""
        return cls(
            delivery.retry,
            delivery.backoff_seconds,
            delivery.is_linear,
            delivery.timeout_seconds,
        )

    def delay_seconds(self, retry: int) -> float:
        """The wait before retry 1, 2, ..."""
        return self.backoff_seconds * (retry if self.is_linear else 2**retry)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the last answer, if there was one, and why it failed otherwise."""

    answer: Answer | None
    attempts: int
    reason: str = ""

    @property
    def is_delivered(self) -> bool:
        """Whether a 2xx came back."""
        return self.answer is not None and _OK <= self.answer.status < _REDIRECT


class Sender:
    """Delivers events with retries; ``sleep`` is injectable."""

    def __init__(self, post: Post, sleep: Sleep = asyncio.sleep) -> None:
        self._post = post
        self._sleep = sleep

    async def deliver(
        self,
        event: CloudEvent,
        url: str,
        policy: Policy,
        headers: Mapping[str, str],
        begin: Begin = lambda _: None,
    ) -> Outcome:
        """Posts in binary mode until taken, refused for good or out of retries; never raises."""
        sent = http_headers(event) | dict(headers)
        attempts = 0
        while True:
            attempts += 1
            span = begin(attempts)
            told = sent | {"traceparent": span.traceparent} if span else sent
            outcome = await self._attempt(event, url, policy, told, attempts)
            if span:
                _end(span, outcome)
            if outcome.is_delivered or attempts > policy.retry:
                return outcome
            if outcome.answer is not None and not policy.is_retried(outcome.answer.status):
                return outcome
            await self._sleep(policy.delay_seconds(attempts))

    async def _attempt(
        self,
        event: CloudEvent,
        url: str,
        policy: Policy,
        headers: Mapping[str, str],
        attempts: int,
    ) -> Outcome:
        try:
            answer = await self._post(url, headers, event.data or b"", policy.timeout_seconds)
        except OSError as error:
            return Outcome(None, attempts, str(error) or type(error).__name__)
        return Outcome(answer, attempts, f"status {answer.status}")


def _end(span: Open, outcome: Outcome) -> None:
    if outcome.answer is not None:
        span.attributes["http.response.status_code"] = outcome.answer.status
    span.end("" if outcome.is_delivered else outcome.reason)


def dead_letter(event: CloudEvent, subscriber: str, outcome: Outcome) -> CloudEvent:
    """The event with the error extensions of Knative's dead letters."""
    errors = {"knativeerrordest": subscriber}
    if outcome.answer is not None:
        data = outcome.answer.body[:_ERROR_DATA_BYTES]
        errors["knativeerrorcode"] = str(outcome.answer.status)
        errors["knativeerrordata"] = b64encode(data).decode()
        errors |= {
            name.removeprefix(_FORWARDED_PREFIX): value
            for name, value in outcome.answer.headers.items()
            if name.startswith(_FORWARDED_PREFIX)
        }
    return event.with_attributes(errors)


class HttpPost:
    """``Post`` over one pool of kept-alive connections. Close it at the end."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=_CONNECTIONS_PER_HOST),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float | None
    ) -> Answer:
        """See ``Post``."""
        try:
            async with (
                asyncio.timeout(timeout_seconds),
                self._session.post(url, data=body, headers=headers, allow_redirects=False) as got,
            ):
                named = {name.lower(): value for name, value in got.headers.items()}
                return Answer(got.status, named, await got.read())
        except TimeoutError as error:
            raise OSError(f"no answer within {timeout_seconds} s") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Ends the connections."""
        await self._session.close()

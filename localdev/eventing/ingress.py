"""The KafkaSink ingress: CloudEvents in over HTTP, 202 when Kafka has them on all replicas.

Statuses are those of Knative's receiver: 405 for other methods, 404 for an unknown sink, 400 for
what is no CloudEvent, 503 when producing fails.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from localdev.eventing.announcements import PATH as ANNOUNCEMENTS
from localdev.eventing.announcements import Announcer
from localdev.eventing.events import CloudEvent, NotACloudEventError, from_http
from localdev.eventing.records import NewRecord, to_record
from localdev.eventing.spec import Sink
from localdev.telemetry.spans import TRACEPARENT, Open, Tracer
from shared.runtime.crash import crash_point
from shared.runtime.logs import log

_PROBES = frozenset({"/healthz", "/readyz"})
_BODY_BYTES = 4 * 1024 * 1024
# Below the publishers' own timeout, so that they hear a 503 instead of nothing.
_DELIVERY_MS = 3000
_STALLED_SECONDS = 4.0
_REQUEST_MS = 2500
_BLOCK_MS = 2000
_LONGEST_PATH = 2  # /<sink> here, /<namespace>/<sink> in a cluster


class Producer(Protocol):
    """Writes records."""

    async def produce(self, topic: str, record: NewRecord) -> tuple[int, int]:
        """Partition and offset, once acknowledged by all replicas.

        Raises ``KafkaError`` when the record may not have been written.
        """


class AcknowledgedProducer:
    """``Producer`` over kafka-python: idempotent, acks=all, bounded delivery time.

    A kafka-python producer (3.0) that gave up batches it had sent, because the broker was away, may
    wait for a new producer id for ever and never say so: one that misses its own deadline is
    replaced.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer = _connect(bootstrap)
        self._replacement: asyncio.Task[None] | None = None

    def warm(self, topics: Iterable[str]) -> None:
        """Fetches metadata, so that ``produce`` does not have to block for it."""
        for topic in topics:
            self._producer.partitions_for(topic)

    async def produce(self, topic: str, record: NewRecord) -> tuple[int, int]:
        """See ``Producer``."""
        producer = self._producer
        try:
            async with asyncio.timeout(_STALLED_SECONDS):
                return await _send(producer, topic, record)
        except TimeoutError as error:
            self._replace(producer)
            raise KafkaTimeoutError("the producer did not answer in time") from error

    def close(self) -> None:
        """Waits for what is on its way, then ends the connection."""
        self._producer.close(timeout=_DELIVERY_MS / 1000)

    def _replace(self, stalled: KafkaProducer) -> None:
        is_under_way = self._replacement is not None and not self._replacement.done()
        if stalled is self._producer and not is_under_way:
            self._replacement = asyncio.create_task(self._connect_anew(stalled))

    async def _connect_anew(self, stalled: KafkaProducer) -> None:
        try:
            self._producer = await asyncio.to_thread(_connect, self._bootstrap)
        except KafkaError as error:
            log("warning", "Kafka is away", error=str(error))
            return  # the next one that misses its deadline tries again
        log("warning", "a stalled producer was replaced")
        await asyncio.to_thread(stalled.close, timeout=0)


def _connect(bootstrap: str) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=bootstrap,
        client_id="popshop-sinks",
        acks="all",
        enable_idempotence=True,
        delivery_timeout_ms=_DELIVERY_MS,
        request_timeout_ms=_REQUEST_MS,
        max_block_ms=_BLOCK_MS,
        reconnect_backoff_max_ms=1000,
    )


async def _send(producer: KafkaProducer, topic: str, record: NewRecord) -> tuple[int, int]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[int, int]] = loop.create_future()

    def succeed(written: Any) -> None:  # noqa: ANN401 - kafka-python has no types
        loop.call_soon_threadsafe(_settle, done, (written.partition, written.offset))

    def fail(error: Exception) -> None:
        loop.call_soon_threadsafe(_settle, done, error)

    # kafka-python refuses a record without key and value; no data and empty data read alike.
    is_bare = record.key is None and record.value is None
    value = b"" if is_bare else record.value
    sent = producer.send(topic, key=record.key, value=value, headers=record.headers)
    sent.add_callback(succeed).add_errback(fail)
    return await done


class Ingress:
    """The handler of every request."""

    def __init__(
        self,
        sinks: Iterable[Sink],
        producer: Producer,
        announcer: Announcer,
        tracer: Tracer | None = None,
    ) -> None:
        self._sinks = {sink.name: sink for sink in sinks}
        self._producer = producer
        self._announcer = announcer
        self._tracer = tracer

    def app(self) -> web.Application:
        """The application to serve."""
        app = web.Application(client_max_size=_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        if request.method == "GET" and request.path in _PROBES:
            return web.Response()
        if request.method == "GET" and request.path == ANNOUNCEMENTS:
            return await self._announcer.handle(request)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        sink = self._find(request.path)
        if sink is None:
            return web.Response(status=404, text=f"there is no KafkaSink at {request.path}\n")
        return await self._accept(request, sink)

    def _find(self, path: str) -> Sink | None:
        parts = path.strip("/").split("/")
        sink = self._sinks.get(parts[-1])
        if sink is None or len(parts) > _LONGEST_PATH or parts[:-1] not in ([], [sink.namespace]):
            return None
        return sink

    async def _accept(self, request: web.Request, sink: Sink) -> web.Response:
        try:
            event = from_http(request.headers.items(), await request.read())
        except NotACloudEventError as error:
            return web.Response(status=400, text=f"{error}\n")
        record = to_record(event, structured=sink.is_structured)
        span = self._begin(event, sink.topic)
        if span is not None:
            record.headers.append((TRACEPARENT, span.traceparent.encode()))
        crash_point("sink.before-produce")
        try:
            partition, offset = await self._producer.produce(sink.topic, record)
        except KafkaError as error:
            if span is not None:
                span.end(str(error))
            log("warning", "event not produced", sink=sink.name, error=str(error))
            return web.Response(status=503, text=f"Kafka did not take the event: {error}\n")
        if span is not None:
            span.attributes["messaging.kafka.offset"] = offset
            span.end()
        crash_point("sink.after-produce")
        self._announcer.announce(sink.topic, partition, offset)
        return web.Response(status=202)

    def _begin(self, event: CloudEvent, topic: str) -> Open | None:
        """The event says whose story it belongs to; who posts it may only be sweeping."""
        if self._tracer is None:
            return None
        return self._tracer.begin(
            event.attributes.get(TRACEPARENT, ""),
            f"publish {topic}",
            kind="producer",
            messaging__system="kafka",
            messaging__destination__name=topic,
            cloudevents__event_id=event.attributes["id"],
        )


def _settle(done: "asyncio.Future[tuple[int, int]]", result: tuple[int, int] | Exception) -> None:
    if done.done():
        return  # the client went away
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)

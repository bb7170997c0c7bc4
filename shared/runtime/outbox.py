"""The outbox: a document carries its unpublished events, so state and event are one write.

After the write the entries are posted to the topic's KafkaSink and pulled from the document by id.
What fails or dies in between stays in the document, found by the sparse index on ``outbox.id``, and
is published by the context's sweep (docs/adr/0009).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from shared.contracts.event import NewEvent, source_of, topic_of, type_of
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.runtime import telemetry
from shared.runtime.crash import crash_point
from shared.runtime.events import event_headers
from shared.runtime.http_call import post
from shared.runtime.logs import log
from shared.runtime.settings import EventSettings

Entry = dict[str, Any]
OUTBOX_INDEX = "outbox.id"
_PUBLISH_TIMEOUT_SECONDS = 5.0
_SWEEP_AGE = timedelta(seconds=10)
# A tick may take 240 s, and has up to four outboxes to sweep.
_SWEEP_PATIENCE = timedelta(seconds=45)


class Publisher:
    """Posts entries to KafkaSinks, signed with the producing context's key."""

    def __init__(self, settings: EventSettings) -> None:
        self._settings = settings

    def publish(self, entry: Entry) -> None:
        """Returns once Kafka has the event on all replicas; raises ``Unavailable`` otherwise."""
        url = f"{self._settings.sink_url}/{entry['topic'].replace('.', '-')}"
        headers = event_headers(entry, self._settings.key)
        status, body = post(
            url, entry["data"].encode(), headers, timeout_seconds=_PUBLISH_TIMEOUT_SECONDS
        )
        if status >= 300:  # noqa: PLR2004 - HTTP's own boundary
            raise ConnectionError(f"{url} answered {status}: {body[:200]!r}")


class Documents(Protocol):
    """The part of a collection that the outbox needs (pymongo's, or a fake's)."""

    def update_one(self, filter: Mapping[str, Any], update: Mapping[str, Any]) -> Any: ...  # noqa: A002, ANN401, D102
    def find(self, filter: Mapping[str, Any], projection: Mapping[str, Any]) -> Any: ...  # noqa: A002, ANN401, D102


class Outbox:
    """The outbox of one collection."""

    def __init__(
        self, documents: Documents, publisher: Publisher, clock: Clock | None = None
    ) -> None:
        self._documents = documents
        self._publisher = publisher
        self._clock = clock or SystemClock()

    def entry(self, event: NewEvent) -> Entry:
        """The entry to ``$push`` to ``outbox`` in the same write as the state."""
        payload = type(event.payload)
        return {
            "id": new_id(),
            "topic": topic_of(payload),
            "type": type_of(payload),
            "source": source_of(payload),
            "subject": event.subject,
            "version": event.version,
            "time": self._clock.now().isoformat().replace("+00:00", "Z"),
            "data": msgspec.json.encode(event.payload).decode(),
            **telemetry.trace_of_event(),
        }

    def entries(self, events: Iterable[NewEvent]) -> list[Entry]:
        """The entries of several events, in order."""
        return [self.entry(event) for event in events]

    def flush(self, document_id: Any, entries: Iterable[Entry]) -> None:  # noqa: ANN401
        """Publishes what was just written, in order, and pulls it; failures wait for the sweep.

        Never raises for a broker that is down: the write is already acknowledged.
        """
        crash_point("outbox.after-write")
        try:
            for entry in entries:
                self._publish(document_id, entry)
        except (Refusal, OSError) as error:
            log("warning", "event left for the sweep", document=document_id, error=str(error))

    def sweep(self, limit: int = 500) -> int:
        """Publishes the entries that were left behind; the number published.

        ``limit`` documents at a time, for as long as there are more. Raises ``Unavailable`` when
        the broker is still down.
        """
        began, published = self._clock.now(), 0
        while self._clock.now() - began < _SWEEP_PATIENCE:
            count, found = self._sweep_some(limit)
            published += count
            if count == 0 or found < limit:
                break
        return published

    def _sweep_some(self, limit: int) -> tuple[int, int]:
        """How many entries were published, and how many documents had any."""
        published = 0
        now = self._clock.now()
        oldest = (now - _SWEEP_AGE).isoformat().replace("+00:00", "Z")
        found = self._documents.find({OUTBOX_INDEX: {"$exists": True}}, {"outbox": 1})
        left = list(found.limit(limit))
        telemetry.note_outbox_age(_age_of_oldest(left, now))
        for document in left:
            for entry in document["outbox"]:
                if entry["time"] <= oldest:
                    self._publish(document["_id"], entry)
                    published += 1
        return published, len(left)

    def _publish(self, document_id: Any, entry: Entry) -> None:  # noqa: ANN401
        with telemetry.publishing(entry):
            self._publisher.publish(entry)
        crash_point("outbox.after-publish")
        self._documents.update_one({"_id": document_id}, {"$pull": {"outbox": {"id": entry["id"]}}})
        crash_point("outbox.after-pull")


def _age_of_oldest(documents: Iterable[Mapping[str, Any]], now: datetime) -> float:
    """Seconds since the oldest entry was written; 0 without one."""
    times = [entry["time"] for document in documents for entry in document["outbox"]]
    if not times:
        return 0.0
    return max(0.0, (now - datetime.fromisoformat(min(times))).total_seconds())

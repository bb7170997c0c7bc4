"""One record on its way: to its subscriber, else to the dead letters, else dropped and logged."""

from localdev.eventing.addresses import Addresses
from localdev.eventing.events import CloudEvent, NotACloudEventError
from localdev.eventing.records import Record, to_event
from localdev.eventing.sender import Outcome, Policy, Sender, dead_letter
from localdev.eventing.spec import Source
from localdev.telemetry.spans import TRACEPARENT, Open, Tracer
from shared.runtime.logs import log


class Courier:
    """Brings one source's records where they belong."""

    def __init__(
        self, source: Source, addresses: Addresses, sender: Sender, tracer: Tracer | None = None
    ) -> None:
        self._source = source
        self._tracer = tracer
        self._sender = sender
        self._policy = Policy.of(source.delivery)
        self._subscriber = addresses.of(source.destination)
        letters = source.delivery.dead_letters
        self._letters = addresses.of(letters) if letters else None
        self._headers = {"Prefer": "reply", "Kn-Namespace": source.namespace}

    async def bring(self, record: Record) -> None:
        """Returns when the record is finished, whatever became of it."""
        try:
            event = to_event(record, self._source)
        except NotACloudEventError as error:
            self._note("record dropped: unreadable", record, error=str(error))
            return
        outcome = await self._deliver(event, record, self._subscriber.url)
        if outcome.is_delivered:
            return
        if self._letters is None:
            self._note("event dropped: no dead letter sink", record, error=outcome.reason)
            return
        self._note("event goes to the dead letters", record, error=outcome.reason)
        letter = dead_letter(event, self._subscriber.cluster, outcome)
        outcome = await self._deliver(letter, record, self._letters.url)
        if not outcome.is_delivered:
            self._note("event dropped: dead letter sink failed", record, error=outcome.reason)

    async def _deliver(self, event: CloudEvent, record: Record, url: str) -> Outcome:
        """The reaction goes on with the event's trace, from the span of its publishing if any."""
        own = dict(record.headers).get(TRACEPARENT, b"").decode("latin-1")
        traceparent = own or event.attributes.get(TRACEPARENT, "")
        headers = self._headers | ({TRACEPARENT: traceparent} if traceparent else {})

        def begin(attempt: int) -> Open | None:
            if self._tracer is None:
                return None
            return self._tracer.begin(
                traceparent,
                f"deliver {record.topic} to {self._source.name}",
                kind="consumer",
                messaging__system="kafka",
                messaging__destination__name=record.topic,
                messaging__consumer__group__name=self._source.group,
                messaging__kafka__offset=record.offset,
                popshop__attempt=attempt,
                cloudevents__event_id=event.attributes.get("id", ""),
                server__address=url,
            )

        return await self._sender.deliver(event, url, self._policy, headers, begin)

    def _note(self, message: str, record: Record, *, error: str) -> None:
        place = f"{record.topic}/{record.partition}@{record.offset}"
        log("warning", message, source=self._source.name, record=place, error=error)
